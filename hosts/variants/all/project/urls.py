"""What the examples' addresses are, and a page to begin with."""

from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("", TemplateView.as_view(template_name="base.html")),
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(template_name="login.html"), name="login"),
    path("polls/<int:poll>/", TemplateView.as_view(template_name="polls/poll.html")),
    path("tasks/", TemplateView.as_view(template_name="tasks/tasks.html")),
    path("lounge/", TemplateView.as_view(template_name="lounge/lounge.html")),
    path("notes/", TemplateView.as_view(template_name="notes/notes.html")),
    path("", include("bakery.urls")),
    path("", include("tickets.urls")),
    path("", include("parlour.urls")),
]
