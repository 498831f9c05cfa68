"""What the page of an import shows beside its bar: counts, links, and the first rejected rows."""

from typing import Any

from jobs import JobRegion
from parlour import StateStream, Stream
from shop.imports.job import import_orders
from shop.imports.models import Import

SHOWN = 100  # rejected rows on the page; the file to download has them all


class ImportStream(StateStream):
    """Everything but the bar, at most once a second."""

    template = "partials/imports.html#details"
    part = "details"
    gap = 1.0

    def __init__(self, region: JobRegion) -> None:
        super().__init__(region.job.stream, region)
        self.job = region.job.pk

    def present(self) -> dict[str, Any]:
        imported = Import.objects.select_related("job").get(pk=self.job)
        return {"imported": imported, "rejects": imported.rejects.all()[:SHOWN], "shown": SHOWN}


@import_orders.more
def streams_beside(region: JobRegion) -> list[Stream]:
    """What the page of such a job shows besides its bar."""
    return [ImportStream(region)]
