"""A NUL in an address, which PostgreSQL takes for no text at all, is nobody's fault page."""

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.wsgi import get_wsgi_application

from http_bridge.http import PlainHttp
from parlour.testing import session_for

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = [
    ("/admin/rooms/room/", b"access__exact=%00"),
    ("/admin/autocomplete/", b"app_label=rooms&model_name=room&field_name=owner&term=%00"),
    ("/admin/shop/order/", b"status__exact=%00"),
    ("/admin/accounts/user/", b"q=a%00b"),
    ("/alerts/", b"kind=%00"),
    ("/accounts/login/", b"next=%00"),
]


@pytest.fixture
def house():
    """The real site, behind plain HTTP."""
    return PlainHttp(get_wsgi_application())


@pytest.mark.parametrize(("path", "query"), PAGES)
async def test_a_nul_in_a_query_breaks_no_page(ask, path, query):
    staff = await sync_to_async(get_user_model().objects.create_superuser)("staff")
    cookie = f"{settings.SESSION_COOKIE_NAME}={await sync_to_async(session_for)(staff)}".encode()
    headers = [(b"cookie", cookie), (b"host", b"testserver")]
    status, _, _ = await ask({"type": "http.request"}, method="GET", path=path, query=query, headers=headers)
    assert status in (200, 302)
