"""What a signed-in person saw is in no cache for whoever comes next."""

import pytest
from django.contrib.auth import get_user_model


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/accounts/profile/", "/rooms/new/", "/nothing/here/"])
def test_pages_of_a_person_are_never_stored(client, path):
    client.force_login(get_user_model().objects.create_user("ann"))
    assert "no-store" in client.get(path)["Cache-Control"]


@pytest.mark.django_db
def test_pictures_may_be_kept(client):
    ann = get_user_model().objects.create_user("ann")
    client.force_login(ann)
    assert "public" in client.get(f"/accounts/u{ann.pk}.svg")["Cache-Control"]


@pytest.mark.django_db
def test_signing_out_empties_the_browsers_cache(client):
    client.force_login(get_user_model().objects.create_user("ann"))
    assert client.post("/accounts/logout/")["Clear-Site-Data"] == '"cache"'
