"""What the owner of a job may action, and nobody else: cancel, retry, dismiss."""

import pytest

from alerts.bell import bells
from jobs import Job, executor
from parlour import Lease
from tests.jobs.fixture_app.tasks import bake, spill, stir
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
STATUSES = ("queued", "running", "stalled", "done", "failed", "cancelled")


def status(job):
    return Job.objects.get(pk=job.pk).status


def post(client, job, action, **more):
    return client.post(f"/alerts/jobs/{job.pk}/{action}/", **more)


@pytest.fixture
def here(client, ann):
    client.force_login(ann)
    return client


@pytest.fixture
def standing(ann):
    """A job of this status, which nothing runs."""

    def made(how):
        job = Job.objects.create(owner=ann, kind="none", title="Soup", state="running" if how == "stalled" else how)
        if how == "running":
            Lease.objects.take("elsewhere", [job.lease])
        assert job.status == how
        return job

    return made


def test_what_waits_is_cancelled_at_once(here, standing):
    job = standing("queued")
    assert post(here, job, "cancel").url == job.get_absolute_url()
    assert status(job) == "cancelled"


def test_what_runs_ends_at_its_next_report(here, ann):
    job = stir.start(ann, "Porridge", times=10_000, pause=0.01)
    until(lambda: Job.objects.get().done > 3)
    assert post(here, job, "cancel", headers=HTMX).status_code == 204
    until(lambda: status(job) == "cancelled", 3)
    assert executor.join(3)
    assert Job.objects.get().done < 10_000
    assert bells([ann.pk])[ann.pk].unseen == 0  # the owner knows


def test_what_runs_in_batches_ends_before_its_next_batch(here, ann):
    job = bake.start(ann, "Bread", loaves=10_000, pause=0.01)
    until(lambda: Job.objects.get().done > 3)
    post(here, job, "cancel")
    until(lambda: status(job) == "cancelled", 3)
    done = Job.objects.get().done
    from django.contrib.auth.models import Group

    assert Group.objects.count() == done


def test_a_failed_job_is_tried_again_and_goes_on_where_it_was(here, ann):
    job = bake.start(ann, "Bread", loaves=6, burnt=4)
    until(lambda: status(job) == "failed")
    assert bells([ann.pk])[ann.pk].unseen == 1
    Job.objects.update(arguments={"loaves": 6})
    post(here, job, "retry")
    until(lambda: status(job) == "done")
    job.refresh_from_db()
    assert (job.attempt, job.done) == (2, 6)
    assert [line.title for line in bells([ann.pk])[ann.pk].lines] == ["Bread: done"]


def test_many_retries_in_a_short_time_are_refused_in_words(here, standing, monkeypatch):
    monkeypatch.setattr("jobs.views.RETRY_RATE", "0.001/10")
    job = standing("failed")
    answers = []
    for _ in range(11):
        Job.objects.update(state="failed")
        answers.append(post(here, job, "retry", follow=True).content.decode())
    assert ["many tries in a short time" in answer for answer in answers] == [False] * 10 + [True]
    assert (status(job), Job.objects.get().attempt) == ("failed", 11)
    assert post(here, job, "retry", headers=HTMX)["HX-Refresh"] == "true"
    assert post(here, job, "dismiss", headers=HTMX).status_code == 204


def test_a_failure_is_dismissed_and_stays_where_it_can_be_found(here, ann):
    job = spill.start(ann, "Milk")
    until(lambda: status(job) == "failed")
    assert job in Job.objects.shown()
    post(here, job, "dismiss")
    assert job not in Job.objects.shown()
    assert b"Milk" in here.get(job.get_absolute_url()).content
    assert bells([ann.pk])[ann.pk].lines == []


def test_a_failure_that_another_try_cannot_help_is_only_dismissed(here, ann):
    job = spill.start(ann, "Milk", kindly=True, again=False)
    until(lambda: status(job) == "failed")
    assert Job.objects.get().actions == ("dismiss",)
    assert "Nothing was changed" in post(here, job, "retry", follow=True).content.decode()
    assert status(job) == "failed"


def test_a_bell_shows_what_runs_before_what_waits_stalled_or_failed(standing):
    for how in ("failed", "stalled", "queued", "running", "done", "cancelled"):
        standing(how)
    assert [job.status for job in Job.objects.shown()] == ["running", "queued", "stalled", "failed"]


OPEN = {
    "queued": {"cancel"},
    "running": {"cancel"},
    "stalled": {"cancel", "retry"},
    "failed": {"retry", "dismiss"},
    "cancelled": {"retry"},
    "done": set(),
}


@pytest.mark.parametrize("how", OPEN)
@pytest.mark.parametrize("action", ["cancel", "retry", "dismiss"])
def test_an_action_that_does_not_fit_changes_nothing_and_says_so(here, standing, how, action):
    job = standing(how)
    before = Job.objects.values().get()
    answer = post(here, job, action, follow=True)
    changed = Job.objects.values().get() != before
    assert changed == (action in OPEN[how])
    assert ("Nothing was changed" in answer.content.decode()) == (action not in OPEN[how])


@pytest.mark.parametrize("how", ["queued", "running", "stalled", "failed"])
@pytest.mark.parametrize("action", ["cancel", "retry", "dismiss"])
def test_another_persons_job_is_not_found_and_stays_as_it_is(client, ben, standing, how, action):
    job = standing(how)
    before = Job.objects.values().get()
    assert post(client, job, action).status_code == 302  # to the sign-in page
    client.force_login(ben)
    assert post(client, job, action).status_code == 404
    assert client.get(f"/alerts/jobs/{job.pk}/").status_code == 404
    assert client.get(f"/alerts/jobs/{job.pk}/panel/").status_code == 403
    assert Job.objects.values().get() == before


def test_an_action_is_posted_and_is_one_of_three(here, standing):
    job = standing("failed")
    assert here.get(f"/alerts/jobs/{job.pk}/retry/").status_code == 405
    assert post(here, job, "delete").status_code == 404
    assert here.post("/alerts/jobs/99999999999999999999999/cancel/").status_code == 404


def test_staff_see_all_jobs_in_the_admin_and_how_they_stand(admin_client, standing):
    for how in STATUSES:
        standing(how)
    page = admin_client.get("/admin/jobs/job/").content.decode()
    assert page.count(">Soup</a>") == len(STATUSES)
    assert ">stalled<" in page
