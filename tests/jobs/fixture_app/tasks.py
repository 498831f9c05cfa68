"""Tasks. What they write are groups, one for each step."""

from time import sleep

from celery import shared_task
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from jobs import Failure, job_for, task
from parlour import live_write


@task("stir", "Stirring")
def stir(job):
    """`times` steps with a `pause` after each, from where the attempt before had come."""
    times = job.arguments["times"]
    for n in range(job.job.done + 1, times + 1):
        job.report(n, times, f"stirred {n} times")
        sleep(job.arguments.get("pause", 0))
    return f"Stirred {times} times."


@task("bake", "Baking")
def bake(job):
    """`loaves` rows, each committed together with the progress that says so."""
    for n in range(job.job.done + 1, job.arguments["loaves"] + 1):
        bake_one(job, n)
        sleep(job.arguments.get("pause", 0))


@live_write
def bake_one(change, job, n):
    job.advance(change, n, job.arguments["loaves"], f"{n} loaves")
    Group.objects.create(name=f"{job.pk}: loaf {n}")
    if n == job.arguments.get("burnt"):
        raise ValueError("burnt")


@task("spill", "Spilling")
def spill(job):
    job.report(1, 2)
    if job.arguments.get("kindly"):
        raise Failure("The milk is <b>sour</b>.", again=job.arguments.get("again", True))
    raise ZeroDivisionError("milk / 0")


@shared_task(name="fixture_app.slice")
def slice_bread(owner, slices):
    """A Celery task of somebody else, with a bar for its owner."""
    with job_for(get_user_model().objects.get(pk=owner), "Bread") as job:
        for n in job.track(range(slices), words="slicing"):
            Group.objects.create(name=f"slice {n}")
