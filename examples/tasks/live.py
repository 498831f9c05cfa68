"""The live list of all tasks."""

from parlour import live_list
from tasks.models import Task


@live_list("tasks/row.html", model=Task, tag="ol")
def tasks():
    return Task.objects.prefetch_related("tags")
