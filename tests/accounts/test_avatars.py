"""Pictures of people, and the marks of one's own lines."""

import pytest

from accounts import avatars
from accounts.models import User


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ann Berg", "AB"),
        ("ann", "A"),
        ("Ann van den Berg", "AB"),
        ("安娜", "安"),
        ("💬", "?"),
        ("<b>", "B"),
        ("ß x", "SX"),
    ],
)
def test_initials_are_at_most_two_letters(name, letters):
    assert avatars.initials(name) == letters


@pytest.mark.parametrize("pk", range(1, 361))
def test_initials_can_be_read_on_every_colour(pk):
    ground = avatars.colour(pk)
    parts = [int(ground[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    assert 1.05 / (avatars.luminance(*parts) + 0.05) >= 4.5


def test_neighbours_differ():
    assert len({avatars.colour(pk) for pk in range(1, 100)}) > 90


def test_the_picture_is_an_image_that_may_be_kept(client, ann):
    answer = client.get(f"/accounts/u{ann.pk}.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert "max-age" in answer["Cache-Control"]
    assert ">AB</text>" in answer.content.decode()


def test_nobody_has_no_picture(client, db):
    assert client.get("/accounts/u999.svg").status_code == 404
    assert client.get("/accounts/u99999999999999999999999.svg").status_code == 404


def test_markup_in_a_name_is_no_markup_in_the_picture(client, db):
    person = User.objects.create_guest("<script> &amp;")
    assert "<script" not in client.get(f"/accounts/u{person.pk}.svg").content.decode()


def test_marks_of_ones_own_lines_tell_nothing_but_the_number(client, db):
    answer = client.get("/accounts/u7.css")
    assert answer["Content-Type"] == "text/css"
    assert '[data-author="7"]' in answer.content.decode()
