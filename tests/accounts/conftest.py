"""Ann has a password; `cut` lists whose sockets were closed."""

import pytest

from accounts.models import User
from parlour import revocation

PASSWORD = "a long day by the sea"


@pytest.fixture
def ann(db):
    return User.objects.create_user("ann", password=PASSWORD, display_name="Ann Berg")


@pytest.fixture
def cut(monkeypatch):
    cut = []
    monkeypatch.setattr(revocation, "revoke", cut.append)
    return cut


@pytest.fixture
def signed_in(client):
    """signed_in(person) gives that person's browser."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in
