import pytest

from jobs import Job, runner, transitions
from jobs.progress import JobContext
from tests.waiting import until


@pytest.fixture(autouse=True)
def no_run_is_left():
    """No run outlives its test."""
    yield
    assert runner.join(10)


@pytest.fixture
def claim():
    """claim(job) takes a job of a kind that no thread runs; the test moves it by hand."""

    def taken(job):
        claimed = transitions.claim(Job.objects.filter(state="queued"), job.pk)
        return claimed and JobContext(claimed)

    return taken


@pytest.fixture
def begun(ann, claim):
    """A run of a job of Ann's that the test moves by hand."""
    return lambda title="Soup", **fields: claim(Job.objects.create(owner=ann, kind="by hand", title=title, **fields))


@pytest.fixture
def ended():
    """ended(job) waits for its end and reads it anew."""

    def look(job):
        until(lambda: Job.objects.get(pk=job.pk).ended)
        return Job.objects.get(pk=job.pk)

    return look
