"""Who carries a queued job: threads of this process, or Celery's workers when there is a broker.

A hint says "look" and nothing else: the rows are the queue, so one that is lost or comes twice does no harm.
"""

import logging
import sys

from django.conf import settings

from jobs import heart, life, lookout, tasks
from jobs.crew import Crew
from jobs.models import Job
from jobs.running import Aside, Cancelled, Failure, Running, Stop
from parlour import Lease

SWITCH = 0.0005  # seconds until a thread that computes lets others go on; Python's own 5 ms add up in a push to many
log = logging.getLogger("parlour")
TROUBLE = "Something went wrong on our side. What was done so far is kept; you can try again."


def hint() -> None:
    """Have somebody look for queued jobs. Returns at once, whatever is the matter with the broker."""
    if _brokered():
        from jobs import broker

        broker.hint()
    else:
        crew.hint()


def open_house() -> None:
    """A web server starts: without a broker its own threads carry, and look for what an earlier process left."""
    if not _brokered():
        sys.setswitchinterval(SWITCH)
        lookout.post(lambda: crew.hint() if lookout.waiting() else None)


def close_house() -> None:
    """It ends: what runs here goes back to the queue."""
    heart.current().close()


def rest(seconds: float) -> bool:
    """Wait until nothing is carried here any more, for tests; False if something still is after that time."""
    return crew.rest(seconds)


def _brokered() -> bool:
    return bool(getattr(settings, "CELERY_BROKER_URL", ""))


def carry() -> None:
    """Carry one job after the other, until none waits."""
    own = heart.current()
    while not own.closed and (job := life.claim(own.process, tasks.kinds())):
        _run(own, Running(job))


def _run(own: heart.Heart, running: Running) -> None:
    own.take(running)
    again = True
    try:
        state, words = Job.State.DONE, tasks.body(running.job.kind)(running) or ""
    except Cancelled:
        state, words = Job.State.CANCELLED, ""
    except Aside:
        state, words = Job.State.QUEUED, ""
    except Stop:
        Lease.objects.give_up(own.process, [running.job.seat])
        return
    except Failure as why:
        state, words, again = Job.State.FAILED, str(why), why.again
    except Exception:
        log.exception("job %s (%s, attempt %s) failed", running.pk, running.job.kind, running.attempt)
        state, words = Job.State.FAILED, TROUBLE
    finally:
        own.drop(running)
    try:
        life.end(own.process, running, state, words[:300], again)
    except Exception:
        log.exception("the end of job %s could not be written; it is tried until it can", running.pk)
        running.end = (state, words[:300], again)
        own.take(running)


crew = Crew(carry, getattr(settings, "JOB_THREADS", 2))
