"""Who carries a queued job: threads of this process, or Celery's workers when there is a broker.

A hint says "look" and nothing else: the rows are the queue, so one that is lost or comes twice does no harm.
"""

import logging

from django.conf import settings

from alerts.jobs import heart, life, tasks
from alerts.jobs.models import Job
from alerts.jobs.running import Cancelled, Failure, Running, Stop

log = logging.getLogger("parlour")
TROUBLE = "Something went wrong on our side. What was done so far is kept; you can try again."


def hint() -> None:
    """Have somebody look for queued jobs. Returns at once, whatever is the matter with the broker."""
    if getattr(settings, "CELERY_BROKER_URL", ""):
        from alerts.jobs import broker

        broker.hint()
    else:
        from alerts.jobs import crew

        crew.hint()


def carry() -> None:
    """Carry one job after the other, until none waits."""
    own = heart.current()
    while not own.closed and (job := life.claim(own.process, tasks.kinds())):
        _run(own, Running(job))


def _run(own: heart.Heart, running: Running) -> None:
    own.take(running)
    try:
        state, words = Job.State.DONE, tasks.body(running.job.kind)(running) or ""
    except Cancelled:
        state, words = Job.State.CANCELLED, ""
    except Stop:
        return
    except Failure as why:
        state, words = Job.State.FAILED, str(why)
    except Exception:
        log.exception("job %s (%s, attempt %s) failed", running.pk, running.job.kind, running.attempt)
        state, words = Job.State.FAILED, TROUBLE
    finally:
        own.drop(running)
    life.end(own.process, running, state, words[:300])
