from helpdesk.models import Ticket

from parlour import live_list


@live_list("desk/ticket.html", model=Ticket)
def tickets():
    return Ticket.objects.order_by("pk")
