"""A page with an open bell, for tests: `async with BellPage(ann) as page: await page.shows("1 unseen")`."""

import asyncio
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import translation

from alerts.consumers import AlertsConsumer
from alerts.streams import BellRegion
from parlour.testing import Page


class BellPage(Page):
    """A page of `person` whose bell was opened. One whose bell was not is `Page(AlertsConsumer, person)`."""

    def __init__(self, person: Any) -> None:
        super().__init__(AlertsConsumer, person)

    async def resume(self, **fields: Any) -> None:
        if self.document.find("bell-lines") is None:
            self.document.root.children.extend((await self._opened()).root.children)
        await super().resume(opened="1", **fields)

    async def equals_fresh(self) -> bool:
        """Whether the page comes to show what it would if it were loaded and opened now."""
        for _ in range(50):
            fresh = await self._opened()
            if self.document.part("bell-lines") == fresh.part("bell-lines"):
                return await super().equals_fresh()
            await asyncio.sleep(0.1)
        return False

    async def _opened(self) -> Any:
        lines = await sync_to_async(self._lines)()
        return type(self.document)(f'<div id="bell-lines">{lines}</div><div id="bell-toasts"></div>')

    def _lines(self) -> str:
        with translation.override(self.language):
            return BellRegion(self.person.pk).bell.lines(self.person)
