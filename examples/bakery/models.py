"""The job of baking bread."""

import time

from jobs import task


@task("bread", "Baking bread")
def bake(job):
    for _ in job.track(range(job.arguments["loaves"])):
        time.sleep(0.02)
    return f"{job.arguments['loaves']} loaves are ready."
