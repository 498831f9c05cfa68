"""Posting as a page does, and what a bell then says."""

from alerts.bell import bells
from rooms.posting import post, prepare
from rooms.send_once import NumberedText


def say(author, room, text, page="", n=0):
    return post([prepare(room.pk, author.pk, NumberedText(page, n, text))])[0]


def answer(author, message, text):
    """Answer a message."""
    return post([prepare(message.room_id, author.pk, NumberedText("", 0, text, message.pk))])[0]


def lines(person):
    """The titles in a person's bell."""
    return [line.title for line in bells([person.pk])[person.pk].lines]
