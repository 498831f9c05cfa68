"""Exports of Slack and of Campfire as they are read: who, which rooms, and what was said, one entry at a time.

Slack: `users.json`, `channels.json`, `groups.json`, and a folder of days for each, `general/2026-03-01.json`. Campfire:
`users.json`, `rooms.json`, and messages in `messages.json` or in files below `messages/`.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any, NamedTuple

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

LARGEST, IN_ALL = 50 * 1024**2, 2 * 1024**3  # bytes of one file in the zip, and of all of them, unpacked
_MARKED = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")  # <@U1>, <#C1|general>, <https://x.org|here>


class Unreadable(Exception):
    """Why a file cannot be imported at all, in words."""


class Person(NamedTuple):
    """Somebody as the export knows them; what is not known is empty."""

    id: str
    name: str = ""
    username: str = ""
    email: str = ""


class Channel(NamedTuple):
    """A room as the export knows it; `key` is the same in each export of the same place."""

    key: str
    title: str
    about: str = ""
    members: tuple[str, ...] | None = None  # of one that is not open to all


class Entry(NamedTuple):
    """A message of the export. `error` says why it is none; `where` leads whoever looks for it."""

    where: str
    channel: str = ""
    id: str = ""
    author: str = ""
    text: str = ""
    created: datetime | None = None
    error: str = ""


class Export:
    """An open export: `people` by id, `channels` by the name that entries use, `entries()` in their order."""

    def __init__(self, file: Any) -> None:
        try:
            self.zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError):
            raise Unreadable(_("This is no zip file.")) from None
        infos = self.zip.infolist()
        if sum(info.file_size for info in infos) > IN_ALL or any(info.file_size > LARGEST for info in infos):
            raise Unreadable(_("It is larger than can be read once it is unpacked."))
        self.names = sorted(info.filename for info in infos if info.filename.endswith(".json"))
        if "users.json" not in self.names or not {"channels.json", "rooms.json"} & {*self.names}:
            raise Unreadable(_("This is no export of Slack or Campfire: users and rooms are not in it."))
        self.kind = "slack" if "channels.json" in self.names else "campfire"
        slack = self.kind == "slack"
        self.people = {each.id: each for each in map(_person, self._list("users.json"))}
        if not slack:  # what it calls a name nobody signs in with: it may be another person's username here
            self.people = {pk: each._replace(username="") for pk, each in self.people.items()}
        rooms = [
            (row, name == "groups.json")
            for name in ("channels.json", "groups.json", "rooms.json")
            for row in self._list(name, required=False)
        ]
        self.channels = {str(row["name" if slack else "id"]): self._channel(row, closed) for row, closed in rooms}

    def _channel(self, row: dict[str, Any], closed: bool) -> Channel:
        about = row.get("topic") or row.get("purpose") or ""
        about = str(about.get("value") or "") if isinstance(about, dict) else str(about)
        closed = closed or bool(row.get("is_private"))
        members = tuple(map(str, row.get("members") or ())) if closed else None
        return Channel(f"{self.kind}/{row['id']}/{row['name']}", str(row["name"]), about, members)

    def entries(self) -> Iterator[Entry]:
        """What was said, room by room and day by day; what is not there to be read is an entry with an error."""
        for name in self.names:
            folder = name.rpartition("/")[0]
            if (folder in self.channels) if self.kind == "slack" else name.startswith("messages"):
                try:
                    rows = self._list(name)
                except Unreadable as why:
                    yield Entry(name, error=str(why))
                    continue
                for number, row in enumerate(rows, 1):
                    yield self._entry(f"{name}, {number}", folder, row)

    def _entry(self, where: str, folder: str, row: Any) -> Entry:
        try:
            return self._slack(where, folder, row) if self.kind == "slack" else _campfire(where, row)
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            return Entry(where, error=_("It has no time, no author or no text."))

    def _slack(self, where: str, folder: str, row: dict[str, Any]) -> Entry:
        if row["type"] != "message" or str(row.get("subtype", "")).startswith(("channel_", "group_")):
            return Entry(where)  # somebody joined or left, a topic was changed: nobody said it
        author = str(row.get("user") or f"bot-{row.get('bot_id') or row['username']}")
        if author not in self.people:
            self.people[author] = Person(author, str(row.get("username") or author))
        text = unescape(_MARKED.sub(self._marked, row.get("text") or ""))
        files = [str(each.get("name") or each.get("title") or each["id"]) for each in row.get("files") or ()]
        text = "\n".join([text, *files]).strip()
        return Entry(where, folder, row["ts"], author, text, datetime.fromtimestamp(float(row["ts"]), UTC))

    def _marked(self, match: re.Match[str]) -> str:
        sign, target, label = match.groups()
        if sign == "@" and target in self.people:
            return f"@{self.people[target].name}"
        return f"{sign}{label or target}" if sign or not label else f"[{label}]({target})"

    def _list(self, name: str, required: bool = True) -> list[Any]:
        if not required and name not in self.names:
            return []
        try:
            rows = json.loads(self.zip.read(name))
        except (ValueError, RecursionError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
            rows = None
        if not isinstance(rows, list):
            raise Unreadable(_("{name} cannot be read.").format(name=name))
        return rows


def _person(row: dict[str, Any]) -> Person:
    profile = row.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or row.get("real_name") or row.get("name") or ""
    email = profile.get("email") or row.get("email_address") or row.get("email") or ""
    return Person(str(row["id"]), str(name), str(row.get("name") or ""), str(email))


def _campfire(where: str, row: dict[str, Any]) -> Entry:
    if row.get("type", "TextMessage") not in ("TextMessage", "PasteMessage", "TweetMessage"):
        return Entry(where)
    created = parse_datetime(row["created_at"].replace("/", "-", 2).replace(" +0000", "+00:00"))
    if created is None:
        raise ValueError
    created = created if created.tzinfo else created.replace(tzinfo=UTC)
    return Entry(where, str(row["room_id"]), str(row["id"]), str(row["user_id"]), row["body"].strip(), created)
