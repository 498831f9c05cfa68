"""What the page of an import shows beside its bar: what became of the rows, and the rejected ones as they come."""

from typing import Any

from jobs.streams import GAP, JobRegion
from parlour import StateStream, Stream
from shop.imports.importing import import_orders
from shop.imports.models import Import, head
from shop.imports.storing import SHOWN


@import_orders.more
def beside(region: JobRegion) -> list[Stream]:
    """The parts of a job's page that are an import's own."""
    return [CountsStream(region.job.stream, region), RejectsStream(head(region.job.pk), region)]


class CountsStream(StateStream):
    """What became of the rows, what waits before it, and where to go from there."""

    region: JobRegion
    template = "partials/import_counts.html"
    part = "counts"
    gap = GAP

    def present(self) -> dict[str, Any]:
        imported = Import.objects.select_related("job").get(pk=self.region.job.pk)
        waits = imported.job.state == imported.job.State.QUEUED
        return {"imported": imported, "earlier": Import.objects.before(imported.job).first() if waits else None}


class RejectsStream(StateStream):
    """The first rejected rows."""

    region: JobRegion
    template = "partials/import_rejects.html"
    part = "rejects"
    gap = 0.5

    def present(self) -> dict[str, Any]:
        imported = Import.objects.get(pk=self.region.job.pk)
        return {"imported": imported, "rejects": imported.rejects.all()[:SHOWN], "shown": SHOWN}
