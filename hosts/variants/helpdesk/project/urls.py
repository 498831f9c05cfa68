from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("", TemplateView.as_view(template_name="base.html")),
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(template_name="login.html"), name="login"),
    path("helpdesk/", include("helpdesk.urls")),
    path("polls/<int:poll>/", TemplateView.as_view(template_name="polls/poll.html")),
    path("tasks/", TemplateView.as_view(template_name="tasks/tasks.html")),
    path("", include("bakery.urls")),
    path("", include("tickets.urls")),
    path("", include("parlour.urls")),
]
