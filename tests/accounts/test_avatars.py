"""Pictures of people, and the marks of one's own lines."""

import re

import pytest

from accounts import avatars
from accounts.models import User


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ann van den Berg", "AB"), ("ann", "A"), ("安娜", "安"), ("💬", "?"), ("<b>", "B"), ("ß x", "SX")],
)
def test_initials_are_at_most_two_letters(name, letters):
    assert avatars.initials(name) == letters


def test_initials_can_be_read_on_every_colour_and_neighbours_differ():
    grounds = [avatars.colour(pk) for pk in range(1, 361)]
    for ground in grounds:
        parts = [int(ground[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        assert 1.05 / (avatars.luminance(*parts) + 0.05) >= 4.5
    assert len(set(grounds[:99])) > 90


def test_the_picture_is_an_image_that_may_be_kept_and_markup_in_a_name_is_none(client, db):
    person = User.objects.create_guest("<script> &amp;")
    client.force_login(person)
    answer = client.get(f"/accounts/u{person.pk}.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert ">SA</text>" in answer.content.decode()
    assert client.get(f"/accounts/u{person.pk}.svg?v")["Cache-Control"].endswith("immutable")
    for nobody in (999, "9" * 23):
        assert client.get(f"/accounts/u{nobody}.svg").status_code == 404


def test_whoever_takes_another_name_gets_a_picture_of_another_address(client, db):
    person = User.objects.create_guest("Ann")
    client.force_login(person)

    def shown():
        return re.search(r'src="(/accounts/u\d+\.svg\?[0-9a-f]+)"', client.get("/").content.decode())[1]

    before = shown()
    assert shown() == before
    client.post("/accounts/profile/", {"display_name": "Ben", "time_zone": ""})
    assert shown() != before
