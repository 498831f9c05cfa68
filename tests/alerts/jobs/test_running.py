"""A job without a broker: it runs in the background, its progress is told, and its end."""

import pytest

from alerts.jobs import Job, task
from alerts.models import Alert
from tests.alerts.jobs.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@task("count", "Counting")
def count(job):
    for n in range(job.arguments["upto"] + 1):
        job.report(n, job.arguments["upto"], f"at {n}")
    return "All counted."


def test_a_job_runs_in_the_background_and_its_owner_is_told(ann):
    job = count.start(ann, "Counting to 100", upto=100)
    assert job.state == "queued"
    until(lambda: Job.objects.get().state == "done")
    job.refresh_from_db()
    assert (job.done, job.total, job.words) == (100, 100, "All counted.")
    assert Alert.objects.get().title == "Counting to 100: done"
