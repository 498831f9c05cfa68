"""Live parts of models on another database: told after its commit, and not of a rollback."""

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from live_parts import heads, shown

from parlour import live_write
from parlour.testing import Page
from tasks.live import tasks
from tasks.models import Task

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "tasks"])


@live_write
def told_by_hand(change):
    change.touch("rows.tasks.task")


def save_slowly(fails=False, outer="tasks", tell=None):
    """Save a task in an open transaction; return what moved before and after its commit."""
    before = heads()
    with transaction.atomic(using=outer):
        with transaction.atomic(using="tasks"):
            if tell:
                Task.objects.bulk_create([Task(title="tea")])
                tell()
            else:
                Task.objects.create(title="tea")
            within = heads()
        transaction.set_rollback(fails, using=outer)
    return within != before, heads() != before


@pytest.mark.parametrize("tell", [None, told_by_hand])
def test_a_rollback_of_the_other_database_moves_nothing(tell):
    assert save_slowly(fails=True, tell=tell) == (False, False)
    assert save_slowly(tell=tell) == (False, True)


@pytest.mark.parametrize("tell", [None, told_by_hand])
def test_a_transaction_of_both_is_told_when_both_are_committed(tell):
    with transaction.atomic(using="tasks"):
        with transaction.atomic():
            Task.objects.bulk_create([Task(title="tea")])
            (tell or (lambda: Task.objects.create(title="coffee")))()
        between = heads()
    assert heads() != between


async def test_a_slow_transaction_there_is_on_the_page_after_its_commit(django_user_model):
    ann = await sync_to_async(django_user_model.objects.create_user)("ann")
    async with Page(tasks.consumer, ann) as page:
        await sync_to_async(save_slowly)()
        await page.until(lambda: shown(page) == ["tea"])
