"""Conversations from Slack and Campfire become rooms: whose, when, and nothing twice."""

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile

from alerts.models import Alert
from chat.importing import job as import_job
from chat.models import Import
from jobs import Job, runner, transitions
from rooms.models import Message, Room
from rooms.permissions import rights
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
USERS = [
    {"id": "U1", "name": "ann.smith", "profile": {"display_name": "Ann S.", "email": "Ann@Example.org"}},
    {"id": "U2", "name": "ben", "profile": {"real_name": "Benjamin"}},
    {"id": "U3", "name": "zoe", "profile": {"display_name": "Zoë <b>"}},
]
MARKED = "Hello <@U2> &amp; see <https://x.org|here> in <#C1|general>"


def slack(user, ts, text, **others):
    return {"type": "message", "user": user, "ts": ts, "text": text, **others}


def campfire(pk, room, user, body, created, kind="TextMessage"):
    return {"id": pk, "room_id": room, "user_id": user, "body": body, "created_at": created, "type": kind}


DAY = [
    slack("U1", "1704067200.000100", MARKED),
    slack("U3", "1704067201.000100", "joined", subtype="channel_join"),
    slack("U2", "1704067260.000100", "a plan", files=[{"id": "F1", "name": "plan.pdf"}]),
    slack("U3", "1704070800.000100", "third"),
    slack("U3", "soon", "no time"),
    slack("U3", "1704070801.000100", ""),
    slack(None, "1704070900.0", "beep", subtype="bot_message", bot_id="B1", username="Robot"),
]
NEXT_DAY = [slack("U1", f"17041536{n:02}.000100", f"line {n}") for n in range(30)]
SLACK = {
    "users.json": USERS,
    "channels.json": [{"id": "C1", "name": "general", "topic": {"value": "All of it"}, "members": ["U1", "U2"]}],
    "groups.json": [{"id": "G1", "name": "board", "members": ["U1", "U3"]}],
    "general/2024-01-01.json": DAY,
    "general/2024-01-02.json": NEXT_DAY,
    "board/2024-01-01.json": [slack("U1", "1704067200.000100", "closed")],
}
CAMPFIRE = {
    "users.json": [{"id": 1, "name": "Ann", "email_address": "ann@example.org"}, {"id": 2, "name": "Dan"}],
    "rooms.json": [{"id": 7, "name": "Water Cooler", "topic": "Small talk"}],
    "messages.json": [
        campfire(1, 7, 1, "hi", "2012/03/01 09:30:00 +0000"),
        campfire(2, 7, 2, None, "2012/03/01 09:31:00 +0000", "EnterMessage"),
        campfire(3, 7, 2, "ho", "2012-03-01T09:32:00Z"),
        campfire(4, 9, 2, "where", "2012-03-01T09:32:00Z"),
    ],
}


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content if isinstance(content, str) else json.dumps(content))
    return out.getvalue()


@pytest.fixture(autouse=True)
def own_uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    yield
    assert runner.join(20)


@pytest.fixture
def upload(client, sue):
    """upload(files) sends an export as Sue; the answer."""
    client.force_login(sue)

    def send(files):
        data = files if isinstance(files, bytes) else zipped(files)
        return client.post("/imports/", {"file": SimpleUploadedFile("export.zip", data)})

    return send


def finished(number=1):
    until(lambda: Job.objects.filter(ended__isnull=False).count() == number)
    return Import.objects.select_related("job").first()


@pytest.fixture
def people(ann, ben):
    ann.email = "ann@example.org"
    ann.save()
    return ann, ben


def test_channels_of_slack_become_rooms_and_messages_keep_their_times_and_authors(people, upload, client):
    ann, ben = people
    answer = upload(SLACK)
    imported = finished()
    assert answer["Location"] == imported.get_absolute_url()
    assert imported.job.state == "done", imported.job.result
    general, board = Room.objects.get(title="general"), Room.objects.get(title="board")
    assert (general.about, general.access, general.guests) == ("All of it", "open", "none")
    first, second, third, robot, *lines = general.messages.order_by("seq").select_related("author")
    assert first.text == "Hello @Benjamin & see [here](https://x.org) in #general"
    assert '<a href="https://x.org"' in first.html
    assert (first.author, second.author) == (ann, ben)
    assert first.created == datetime(2024, 1, 1, tzinfo=UTC).replace(microsecond=100)
    assert second.previous_at == first.created
    assert second.text == "a plan\nplan.pdf"
    assert (third.author.display_name, third.author.is_active) == ("Zoë <b>", False)
    assert not third.author.has_usable_password()
    assert robot.author.name == "Robot"
    assert [row.text for row in lines] == [f"line {n}" for n in range(30)]
    assert [row.seq for row in general.messages.order_by("created")] == list(range(1, 35))
    assert [row.text for row in board.messages.all()] == ["closed"]
    assert rights(ann, board).read
    assert not rights(ben, board).read
    assert [where for where, _ in imported.rejects] == ["general/2024-01-01.json, 5", "general/2024-01-01.json, 6"]
    assert not Alert.objects.exclude(kind="rooms_import").exists()
    page = client.get(imported.get_absolute_url()).content.decode()
    assert "35 messages are in, 2 were rejected." in page
    assert "general/2024-01-01.json, 5" in page


def test_campfire_is_read_too(people, upload):
    upload(CAMPFIRE)
    imported = finished()
    rows = Room.objects.get(title="Water Cooler").messages.order_by("seq").select_related("author")
    assert [(row.author.name, row.text, row.created.isoformat()) for row in rows] == [
        ("Ann", "hi", "2012-03-01T09:30:00+00:00"),
        ("Dan", "ho", "2012-03-01T09:32:00+00:00"),
    ]
    assert imported.rejects == [["messages.json, 4", "Its room is not in the export."]]


def test_nothing_comes_twice_when_an_import_fails_half_way_or_is_sent_again(people, upload, monkeypatch):
    monkeypatch.setattr(import_job, "BATCH", 4)
    write, failing = import_job.write_batch, [True]

    def write_batch(job, export, entries, *rest):
        if failing and Import.objects.get(pk=job.pk).read >= 12:
            failing.pop()
            raise RuntimeError("a fault of ours")
        return write(job, export, entries, *rest)

    monkeypatch.setattr(import_job, "write_batch", write_batch)
    upload(SLACK)
    imported = finished()
    assert imported.job.state == "failed"
    assert 0 < Message.objects.count() < 35
    assert transitions.act("retry", imported.pk)
    until(lambda: Job.objects.get().state == "done")
    resumed = Import.objects.get()
    assert (resumed.stored, resumed.repeated, len(resumed.rejects), Message.objects.count()) == (35, 0, 2, 35)
    people_before = get_user_model().objects.count()
    upload(
        {**SLACK, "general/2024-01-03.json": [{"type": "message", "user": "U2", "ts": "1704240000.1", "text": "new"}]}
    )
    again = finished(2)
    assert (again.stored, again.repeated) == (1, 35)
    assert Room.objects.count() == 2
    assert get_user_model().objects.count() == people_before
    assert Room.objects.get(title="general").messages.latest("seq").text == "new"


@pytest.mark.parametrize(
    "files",
    [
        b"no zip",
        {"readme.txt": "x"},
        {**SLACK, "users.json": "{"},
        {**SLACK, "channels.json": '[{"id": 1}]'},
        {**SLACK, "users.json": "[" * 100_000},
    ],
)
def test_what_is_no_export_is_refused_in_words(upload, files):
    answer = upload(files)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert not Job.objects.exists()


def test_a_zip_that_unpacks_to_too_much_is_refused(upload, monkeypatch):
    monkeypatch.setattr("chat.importing.formats.LARGEST", 1000)
    assert upload(SLACK).status_code == 422


def test_only_staff_import_and_only_their_own_are_there(people, upload, client):
    upload(CAMPFIRE)
    address = finished().get_absolute_url()
    client.force_login(people[0])
    assert client.get("/imports/").status_code == 403
    assert client.get(address).status_code == 403
    other = get_user_model().objects.create_user("tom", is_staff=True)
    client.force_login(other)
    assert client.get("/imports/").status_code == 200
    assert client.get(address).status_code == 404


def test_a_zip_that_was_damaged_on_its_way_is_refused_in_words(upload):
    data = bytearray(zipped(SLACK))
    at = data.index(b"users.json") + len(b"users.json")
    data[at : at + 20] = b"\xff" * 20
    assert "users.json cannot be read" in upload(bytes(data)).content.decode()


def test_a_name_of_campfire_is_no_username(people, upload, django_user_model):
    dan = django_user_model.objects.create_user("dan")
    upload(CAMPFIRE)
    finished()
    assert not Message.objects.filter(author=dan).exists()
