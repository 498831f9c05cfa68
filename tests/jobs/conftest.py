import pytest

from jobs import Job, executor, worker
from jobs.context import JobContext
from tests.waiting import until


@pytest.fixture(autouse=True)
def no_run_is_left(monkeypatch):
    """Rows are looked at often, and no run outlives its test."""
    monkeypatch.setattr(worker, "CHECK", 0.25)
    yield
    assert executor.join(10)
    until(lambda: not worker.current.runs)


@pytest.fixture
def claim():
    """claim(job, process) takes a job of a kind that no thread runs; the test moves it by hand."""

    def taken(job, process="hand"):
        claimed = Job.objects.waiting([job.kind], []).claim(process, job.pk)
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
