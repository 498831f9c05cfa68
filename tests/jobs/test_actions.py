"""What the owner of a job may do with it, and nobody else: cancel, retry, dismiss."""

import re

import pytest
from django.contrib.auth.models import Group

from alerts.bell import bells
from jobs import Job, runner
from jobs.streams import BarsStream
from parlour.regions import Ids
from tests.jobs.fixture_app.tasks import bake, spill
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


def state(job):
    return Job.objects.get(pk=job.pk).state


def post(client, job, action, **more):
    return client.post(f"/alerts/jobs/{job.pk}/{action}/", **more)


@pytest.fixture
def here(client, ann):
    client.force_login(ann)
    return client


@pytest.fixture
def standing(ann):
    """A job in this state, which nothing runs."""
    return lambda state: Job.objects.create(owner=ann, kind="none", title="Soup", state=state)


def test_what_waits_is_cancelled_at_once(here, standing):
    job = standing("queued")
    assert post(here, job, "cancel").url == job.get_absolute_url()
    assert state(job) == "cancelled"


def test_what_runs_ends_before_its_next_batch(here, ann):
    job = bake.start(ann, "Bread", loaves=10_000, pause=0.01)
    until(lambda: Job.objects.get().done > 3)
    answer = post(here, job, "cancel", headers=HTMX | {"HX-Target": f"bell-title-{job.pk}"}).content.decode()
    assert re.match(rf'<a id="bell-title-{job.pk}" [^>]* autofocus>', answer)
    until(lambda: state(job) == "cancelled")
    assert runner.join(10)
    assert Group.objects.count() == Job.objects.get().done < 10_000
    assert bells([ann.pk])[ann.pk].unseen == 0  # the owner knows


def test_a_failed_job_is_tried_again_and_goes_on_where_it_was(here, ann):
    job = bake.start(ann, "Bread", loaves=6, burnt=4)
    until(lambda: state(job) == "failed")
    assert bells([ann.pk])[ann.pk].unseen == 1
    Job.objects.update(arguments={"loaves": 6})
    post(here, job, "retry")
    until(lambda: state(job) == "done")
    job.refresh_from_db()
    assert (job.attempt, job.done) == (2, 6)
    assert [line.title for line in bells([ann.pk])[ann.pk].lines] == ["Bread: done"]


def test_a_failure_is_dismissed_and_stays_where_it_can_be_looked_up(here, ann):
    job = spill.start(ann, "Milk", kindly=True, again=False)
    until(lambda: state(job) == "failed")
    assert Job.objects.get().actions.keys() == {"dismiss"}  # another try cannot help
    assert job in Job.objects.shown()
    post(here, job, "dismiss")
    assert job not in Job.objects.shown()
    assert b"Milk" in here.get(job.get_absolute_url()).content
    assert bells([ann.pk])[ann.pk].lines == []


OPEN = {
    "queued": {"cancel"},
    "running": {"cancel"},
    "stalled": {"cancel", "retry"},
    "failed": {"retry", "dismiss"},
    "cancelled": {"retry"},
    "done": set(),
}


def test_a_bell_shows_what_runs_before_what_waits_stalled_or_failed(ann, standing):
    for each in reversed(OPEN):
        standing(each)
    jobs = BarsStream(ann.pk, Ids("bell")).present()["jobs"]
    assert [job.state for job in jobs] == ["running", "queued", "stalled", "failed"]


@pytest.mark.parametrize("how", OPEN)
@pytest.mark.parametrize("action", ["cancel", "retry", "dismiss"])
def test_an_action_that_does_not_fit_changes_nothing_and_says_so(here, standing, how, action):
    job = standing(how)
    before = Job.objects.values().get()
    answer = post(here, job, action, follow=True)
    assert (Job.objects.values().get() != before) == (action in OPEN[how])
    assert ("Nothing was changed" in answer.content.decode()) == (action not in OPEN[how])


def test_another_persons_job_is_not_found_and_stays_as_it_is(client, ben, standing):
    for how, allowed in OPEN.items():
        job = standing(how)
        for action in allowed:
            client.logout()
            assert post(client, job, action).status_code == 302  # to the sign-in page
            client.force_login(ben)
            assert post(client, job, action).status_code == 404
        client.force_login(ben)
        assert client.get(f"/alerts/jobs/{job.pk}/panel/").status_code == 403
        assert state(job) == how
    assert client.get(f"/alerts/jobs/{job.pk}/").status_code == 404


def test_an_action_is_posted_and_is_one_of_three(here, standing):
    job = standing("failed")
    assert here.get(f"/alerts/jobs/{job.pk}/retry/").status_code == 405
    assert "Nothing was changed" in post(here, job, "delete", follow=True).content.decode()
    assert here.post("/alerts/jobs/99999999999999999999999/cancel/").status_code == 404


def test_staff_see_all_jobs_in_the_admin_and_how_they_stand(admin_client, standing):
    for each in OPEN:
        standing(each)
    page = admin_client.get("/admin/parlour_jobs/job/").content.decode()
    assert page.count(">Soup</a>") == len(OPEN)
    assert ">Stalled<" in page
