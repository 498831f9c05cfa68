"""The smallest consumer: it answers what it hears."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html

from parlour import Consumer, Malformed, Region

LONGEST = 64 * 1024  # characters of plain text


class EchoConsumer(Consumer):
    """Takes {"message": …}, {"text": …} or plain text and says it again, to this page alone."""

    @classmethod
    def key(cls) -> str:  # type: ignore[override]
        return "echo"

    @classmethod
    def authorize(cls, _person: Any) -> Region:  # type: ignore[override]
        return EchoRegion("echo", "/ws/echo/", "/echo/panel/", "member")

    async def heard(self, text: str) -> None:
        try:
            fields = self.parse(text)
        except Malformed as problem:
            fields = {"message": text}
            if len(text) > LONGEST:
                self.refuse_frame(str(problem))
                return
        words = fields.get("message", fields.get("text"))
        if fields.get("kind") == "hello":
            await super().heard(text)
        elif isinstance(words, str):
            line = self.region.append("log", format_html("<li>{}</li>", words), "ol")
            self.put(line + self.region.inner("box", render_to_string("partials/echo.html#box")))
        else:
            self.refuse_frame('Send {"message": "…"}, or plain text.')


class EchoRegion(Region):
    """A page that talks to itself."""

    controls = "partials/echo.html#composer"
