"""Messages that are only text are made from one pattern, and read as the template would have rendered each."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from rooms import streams

pytestmark = pytest.mark.django_db(transaction=True)
AUTHORS = ["Ann <b>{pk} & 'co'", "علی رضایی", "A" * 40]


@pytest.mark.parametrize("author", AUTHORS)
@pytest.mark.parametrize("by_post", [False, True])
@pytest.mark.parametrize(("continues", "mark"), [(True, ""), (False, ""), (False, "guest <i>")])
def test_a_text_reads_as_the_template_renders_it(author, by_post, continues, mark):
    at = timezone.now().replace(hour=12)
    times = at, at - timedelta(minutes=2), at - timedelta(minutes=1) if continues else at
    row = [1234567, author, mark, *times, "<p>{0} {pk} &amp; <em>so on</em></p>", *[None] * 5, ()]
    message = streams.ShownMessage("r-x-5", 5, *row, "/rooms/x/actions/", by_post, "en", "UTC")
    assert message.is_only_text
    assert message.markup == render_to_string("parlour_rooms/message.html#message", {"message": message})


@pytest.mark.parametrize(
    "change", ["edited", "deleted", "pinned", "quote", "reactions", "files", "html", "previous_at"]
)
def test_what_is_more_than_a_text_is_left_to_the_template(change):
    at = timezone.now().replace(hour=12)
    row = [1, "Ann", "", at, at - timedelta(minutes=2), at, "<p>a</p>", *[None] * 5, ()]
    message = streams.ShownMessage("r-x-5", 5, *row, "/rooms/x/actions/", False, "en", "UTC")
    changed = {"html": "", "previous_at": at - timedelta(days=1), "files": ("a file",)}.get(change, "something")
    assert not message._replace(**{change: changed}).is_only_text
