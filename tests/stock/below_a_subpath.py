"""Addresses that a page and a socket's thread make below FORCE_SCRIPT_NAME."""

import pytest
from django.urls import reverse

from parlour.database import run
from parlour.testing import Page
from polls.live import tally
from polls.models import Poll

pytestmark = pytest.mark.django_db(transaction=True)


async def test_addresses_begin_with_the_subpath_wherever_they_are_made():
    assert reverse("admin:index") == "/app/admin/"
    assert await run(reverse, "admin:index") == "/app/admin/"


async def test_a_page_whose_session_ends_is_led_to_the_sign_in_below_the_subpath(django_user_model):
    ann = await django_user_model.objects.acreate(username="ann")
    poll = await Poll.objects.acreate(question="Tea?")
    async with Page(tally.consumer, ann, poll=poll.pk) as page:
        assert page.region.socket.startswith("/app/parlour/tally/")
        ann.is_active = False
        await ann.asave()
        await page.receives("/app/admin/login/?next=")
