"""The page of a ticket."""

from django.urls import path
from django.views.generic import DetailView

from tickets.models import Ticket

urlpatterns = [
    path("tickets/<int:pk>/", DetailView.as_view(model=Ticket, template_name="tickets/ticket.html"), name="ticket")
]
