"""The addresses of the examples; the last line is Parlour's."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("polls/<int:poll>/", TemplateView.as_view(template_name="polls/poll.html")),
    path("tasks/", TemplateView.as_view(template_name="tasks/tasks.html")),
    path("lounge/", TemplateView.as_view(template_name="lounge/lounge.html")),
    path("notes/", TemplateView.as_view(template_name="notes/notes.html")),
]
urlpatterns += [path("", include("parlour.urls"))]
