"""The live part of a poll's page."""

from parlour import live
from polls.models import Poll


@live("polls/tally.html", watch=[Poll])
def tally(poll):
    return {"poll": Poll.objects.get(pk=poll)}


@tally.hears
def vote(person, poll):
    Poll.objects.get(pk=poll).vote()
