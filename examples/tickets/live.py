"""Who may be in a ticket's room."""

import rooms


@rooms.allow("tickets.Ticket")
def is_in_team(person, ticket):
    return ticket.team.filter(pk=person.pk).exists()
