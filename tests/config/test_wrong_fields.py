"""A form that comes back with errors."""

import pytest

from parlour.testing.document import Document

pytestmark = pytest.mark.django_db


def focused(page):
    """The names of the fields that ask for the focus."""

    def under(element):
        for child in element.children:
            if not isinstance(child, str):
                yield child
                yield from under(child)

    fields = [dict(each.attributes) for each in under(Document(page).root)]
    return [each["name"] for each in fields if "autofocus" in each and "name" in each]


@pytest.mark.parametrize(
    ("path", "fields", "wrong"),
    [
        ("/shop/", {"item": "Tea", "amount": "much", "currency": "EUR"}, "amount"),
        ("/shop/imports/", {"file": ""}, "file"),
        ("/rooms/new/", {"title": "Tea", "access": "open", "guests": ""}, "guests"),
        ("/accounts/password/", {"old_password": "tea", "new_password1": "a", "new_password2": "b"}, "old_password"),
    ],
)
def test_the_focus_is_on_the_first_wrong_field_alone(client, sue, path, fields, wrong):
    client.force_login(sue)
    page = client.post(path, fields).content.decode()
    page = page[page.index("<main") :].partition("</main>")[0].partition(">")[2]
    assert set(focused(page)) == {wrong}
