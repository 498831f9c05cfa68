"""Widgets as rows."""

import pytest

from widgets.models import Widget, end_sessions, store

pytestmark = pytest.mark.django_db


def test_an_edit_that_began_before_the_sessions_ended_does_not_bring_them_back():
    """The form was opened, then somebody ended all sessions, then the form was sent."""
    store(Widget(title="Help"))
    opened = Widget.objects.get()
    end_sessions(opened)
    opened.title = "Help and advice"
    store(opened)
    kept = Widget.objects.get()
    assert (kept.title, kept.generation) == ("Help and advice", 2)
