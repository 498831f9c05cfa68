"""How far and how fast a job is, in words that stand still until it moves again."""

from math import floor, log10

from django.contrib.humanize.templatetags.humanize import intcomma

from jobs.models import Job

SHORTEST = 1.0  # seconds over which a rate means anything


def percent(job: Job) -> int | None:
    """0 to 100, rounded down; None while nobody knows the total."""
    return min(100, 100 * job.done // job.total) if job.total else None


def rate(job: Job) -> float:
    """How much is done in a second, over this attempt; 0 when it is too early to say."""
    if job.moved is None or job.first_moved is None:
        return 0
    seconds = (job.moved - job.first_moved).total_seconds()
    return (job.done - job.first_done) / seconds if seconds >= SHORTEST and job.done > job.first_done else 0


def amount(job: Job) -> str:
    """ "1,204 of 30,000"; "1,204" where nobody knows of how many, unless the job has better words."""
    if job.total:
        return f"{intcomma(job.done)} of {intcomma(job.total)}"
    return intcomma(job.done) if job.done and not job.words else ""


def speed(job: Job) -> str:
    """ "1,200 a second", "12 a minute"; to two figures, for more would flicker and mean nothing."""
    per_second = rate(job)
    number, unit = (per_second, "second") if per_second >= 1 else (per_second * 60, "minute")
    if not number:
        return ""
    step = 10 ** max(0, floor(log10(number)) - 1)
    return f"{intcomma(max(1, round(number / step) * step))} a {unit}"


def left(job: Job) -> str:
    """ "about 20 seconds left", at the pace so far."""
    if not rate(job) or not job.total or job.done >= job.total:
        return ""
    seconds = (job.total - job.done) / rate(job)
    if seconds < 5:
        return "a few seconds left"
    if seconds < 55:
        return f"about {5 * round(seconds / 5)} seconds left"
    n, unit = (seconds / 60, "minute") if seconds < 55 * 60 else (seconds / 3600, "hour")
    return f"about {max(1, round(n))} {unit}{'s' if round(n) > 1 else ''} left"


def summary(job: Job) -> str:
    """All of it, for somebody who does not see the bar."""
    done = percent(job)
    known = amount(job) or (job.words if done is None else "")
    parts = [f"{done} %" if done is not None else "", known, speed(job), left(job)]
    return ", ".join(part for part in parts if part)
