"""Files in messages: what is taken, who may read it, and how it goes."""

from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from jobs.runner import looked
from rooms import files, images
from rooms.images import FileRejected
from rooms.markup import TextRejected
from rooms.models import Attachment, Message, Room
from rooms.moderation import remove
from tests.rooms.posts import lines

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = b"SECRET"


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path, monkeypatch):
    """Files are kept in a folder of the test's own, and prepared when it says so. Returns how many are kept."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(files, "_background", SimpleNamespace(submit=lambda _: None))
    return lambda: len([path for path in tmp_path.rglob("*") if path.is_file()])


def picture(form="JPEG", size=(300, 200), **options):
    """An image with a place in it where it was taken, a comment, and an archive behind its end."""
    exif, file = Image.Exif(), BytesIO()
    exif[0x0112], exif[0x010E] = 6, SECRET.decode()  # it lies on its side
    Image.new("RGB", size, (200, 90, 30)).save(file, form, exif=exif, comment=SECRET, **options)
    return file.getvalue() + b"PK\x03\x04" + SECRET


def upload(content=b"hello", name="note.txt"):
    return SimpleUploadedFile(name, content)


def send(person, room, *uploads, page="page"):
    files.post_files(person, room, page, uploads)
    return Message.objects.latest("pk")


def content(client, row, small=""):
    response = client.get(reverse("parlour_rooms:file", args=[row.room.slug, row.pk]) + small)
    return response, b"".join(response) if response.status_code == 200 else b""


def test_files_are_one_message_whose_text_is_their_names(ann, ben, lobby, client):
    client.force_login(ann)
    address = reverse("parlour_rooms:files", args=[lobby.slug])
    sent = {"page": "p", "files": [upload(name="a b.txt"), upload(b"%PDF-1.7", "plan.pdf")]}
    response = client.post(address, sent)
    assert response.status_code == 302
    row = Message.objects.get()
    assert (row.text, row.html, row.plain) == ("a b.txt, plan.pdf", "", "a b.txt, plan.pdf")
    assert [(each["name"], each["size"], each["width"]) for each in row.files] == [
        ("a b.txt", 5, None),
        ("plan.pdf", 8, None),
    ]
    page = client.get(response["Location"]).content.decode()
    assert "<bdi>a b.txt</bdi>" in page
    assert f'href="{address}{row.files[1]["pk"]}/"' in page


def test_nobody_is_mentioned_by_the_name_of_a_file(ann, ben, lobby):
    send(ann, lobby, upload(name="@ben.txt"))
    assert lines(ben) == []


def test_the_same_from_the_same_page_is_stored_once_and_other_bytes_beside_it(ann, lobby, uploads):
    first = send(ann, lobby, upload())
    assert send(ann, lobby, upload()) == first
    assert uploads() == 1
    send(ann, lobby, upload(b"other"))
    send(ann, lobby, upload(), page="another")
    assert Message.objects.count() == 3


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_an_image_is_written_anew_without_where_it_was_taken_and_what_is_behind_its_end(
    ann, lobby, client, uploads, form
):
    row = send(ann, lobby, upload(picture(form), "photo.bin"))
    client.force_login(ann)
    attachment = row.attachments.get()
    assert content(client, attachment)[0].status_code == 404, "nobody sees it before"
    files.prepare_due()
    row.refresh_from_db()
    upright = [300, 200] if form == "GIF" else [200, 300]
    assert [row.files[0][key] for key in ("type", "width", "height", "ready")] == [
        f"image/{form.lower()}",
        *upright,
        True,
    ]
    assert row.changed > row.seq, "open pages see it"
    assert uploads() == 2, "the image and its thumbnail; what was sent is gone"
    response, whole = content(client, attachment)
    assert (SECRET in whole, b"PK" in whole, Image.open(BytesIO(whole)).size) == (False, False, tuple(upright))
    assert (response["Content-Type"], response["Content-Disposition"]) == (
        f"image/{form.lower()}",
        'inline; filename="photo.bin"',
    )
    response, small = content(client, attachment, "small/")
    assert (SECRET in small, response["Content-Type"], Image.open(BytesIO(small)).format) == (
        False,
        "image/webp",
        "WEBP",
    )


def test_a_moving_image_goes_on_moving(ann, lobby):
    frames = [Image.new("RGB", (30, 20), (number, 0, 0)) for number in (50, 100, 150)]
    file = BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300])
    whole, _, measured = images.write_anew(file)
    assert (Image.open(whole).n_frames, measured.type) == (3, "image/gif")


def test_a_large_image_has_a_small_thumbnail_and_a_tiny_one_is_not_enlarged():
    for size, expected in (((3000, 1000), (640, 213)), ((2, 1), (2, 1)), ((1, 4000), (1, 480))):
        file = BytesIO()
        Image.new("L", size).save(file, "PNG")
        assert Image.open(images.write_anew(file)[1]).size == expected


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.txt", "nothing in it"),
        (b"x" * (files.LARGEST + 1), "large.bin", "larger than 10.0"),
        (b"\xef\xbb\xbf <!-- x --> <svg xmlns='http://www.w3.org/2000/svg'>", "picture.png", "programs"),
        ("<html>".encode("utf-16"), "page.txt", "programs"),
        (b"GIF89a<script>alert(1)</script>", "photo.gif", "programs"),
        (b"hello", "x.SVG", "programs"),
        (b"\x89PNG\r\n\x1a\nnothing", "photo.png", "cannot be read"),
        (picture()[:200], "photo.jpg", "cannot be read"),
    ],
)
def test_what_is_not_taken_is_said_with_the_files_name(ann, lobby, uploads, content, name, words):
    with pytest.raises(FileRejected) as why:
        send(ann, lobby, upload(), upload(content, name))
    assert f"Nothing was sent. {name}:" in str(why.value)
    assert words in str(why.value)
    assert (Message.objects.count(), Attachment.objects.count(), uploads()) == (0, 0, 0)


def test_an_image_with_too_many_pixels_is_not_opened(ann, lobby, monkeypatch):
    file = BytesIO()
    Image.new("1", (8000, 8000)).save(file, "PNG")
    assert len(file.getvalue()) < 20_000
    with pytest.raises(FileRejected, match="too many pixels"):
        send(ann, lobby, upload(file.getvalue(), "bomb.png"))
    monkeypatch.setattr(images, "PIXELS", 30 * 20 * 2)  # three frames have more
    frames = [Image.new("RGB", (30, 20), (number, 0, 0)) for number in (50, 100, 150)]
    frames[0].save(file := BytesIO(), "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(FileRejected, match="too many pixels"):
        send(ann, lobby, upload(file.getvalue(), "bomb.gif"))


def test_an_image_of_very_many_tiny_frames_would_hold_up_all_others(ann, lobby):
    frame = b"," + bytes(4) + b"\1\0\1\0\0" + b"\2\2D\1\0"
    moving = b"GIF89a\1\0\1\0\x80\0\0" + b"\0\0\0\xff\xff\xff" + frame * 1001 + b";"
    with pytest.raises(FileRejected, match="too many pixels or frames"):
        send(ann, lobby, upload(moving, "bomb.gif"))


def test_the_right_to_read_is_asked_each_time(ann, ben, team, client):
    row = send(ann, team, upload()).attachments.get()
    assert content(client, row)[0].status_code == 404
    client.force_login(ben)
    assert content(client, row)[0].status_code == 404
    team.members.add(ben)
    response, sent = content(client, row)
    assert (sent, response["Content-Disposition"]) == (b"hello", 'attachment; filename="note.txt"')
    assert response["Content-Type"] == "application/octet-stream"
    assert "sandbox" in response["Content-Security-Policy"]
    assert (response["X-Content-Type-Options"], response["Cache-Control"]) == ("nosniff", "private, no-cache")
    kept = {"HTTP_IF_NONE_MATCH": response["ETag"]}
    address = reverse("parlour_rooms:file", args=[team.slug, row.pk])
    assert client.get(address, **kept).status_code == 304
    team.members.remove(ben)
    assert client.get(address, **kept).status_code == 404
    assert client.get(reverse("parlour_rooms:file", args=[team.slug, row.pk + 1])).status_code == 404


def test_a_file_is_read_through_its_own_room_only(ann, team, lobby, client):
    row = send(ann, team, upload()).attachments.get()
    client.force_login(ann)
    assert client.get(reverse("parlour_rooms:file", args=[lobby.slug, row.pk])).status_code == 404


def test_who_may_not_write_sends_no_files(ann, gus, lobby, client, uploads):
    lobby.guests = lobby.Guests.READ
    lobby.save()
    client.force_login(gus)
    address = reverse("parlour_rooms:files", args=[lobby.slug])
    assert client.post(address, {"page": "p", "files": upload()}).status_code == 422
    client.logout()
    assert client.post(address, {"page": "p", "files": upload()}).status_code == 422
    assert (Message.objects.count(), uploads()) == (0, 0)


def test_a_text_that_posting_rejects_keeps_no_file(ann, lobby, uploads, post_rate):
    post_rate("1/1")
    send(ann, lobby, upload())
    with pytest.raises(TextRejected):
        send(ann, lobby, upload(b"more"))
    assert (Attachment.objects.count(), uploads()) == (1, 1)


def test_one_person_sends_so_much_at_once_and_has_so_much_in_all(ann, gus, lobby, monkeypatch):
    with pytest.raises(FileRejected, match="10 files at most"):
        send(ann, lobby, *[upload()] * 11)
    monkeypatch.setattr(files, "TOGETHER", 9)
    with pytest.raises(FileRejected, match="files at most"):
        send(ann, lobby, upload(), upload(b"world"))
    with pytest.raises(FileRejected, match="files at most"):
        send(ann, lobby)
    monkeypatch.setattr(files, "TOTAL", 8)
    monkeypatch.setattr(files, "GUEST_TOTAL", 4)
    send(ann, lobby, upload())
    for person in (ann, gus):
        with pytest.raises(FileRejected, match="is the most"):
            send(person, lobby, upload(b"more!"), page="other")
    Attachment.objects.get().delete()
    send(ann, lobby, upload(b"more!"), page="other")
    monkeypatch.setattr(files, "RATE", "0.001/1")
    monkeypatch.setattr(files, "GUEST_TOTAL", 100)
    send(gus, lobby, upload(), upload(b"2"))
    with pytest.raises(FileRejected, match="many files just now"):
        send(gus, lobby, upload(b"3"))


def test_who_comes_again_and_again_as_another_guest_fills_no_disk(ann, gus, lobby, monkeypatch, uploads):
    monkeypatch.setattr(files, "GUESTS_RATE", "0.001/1000")
    send(gus, lobby, upload(bytes(1500)))
    again = get_user_model().objects.create_guest("Gus again")
    with pytest.raises(FileRejected, match="Guests have sent many"):
        send(again, lobby, upload(bytes(1500), "2.txt"))
    send(ann, lobby, upload(bytes(1500), "3.txt"))
    assert uploads() == 2


def test_files_go_from_the_disk_with_their_line_and_their_room(ann, lobby, team, uploads):
    send(ann, team, upload(picture(), "photo.jpg"), upload())
    send(ann, lobby, upload(picture(), "photo.jpg"))
    files.prepare_due()
    assert uploads() == 5
    remove([Message.objects.get(room=lobby).pk])
    assert (Message.objects.get(room=lobby).files, uploads()) == (None, 3)
    team.delete()
    assert uploads() == 0


def test_an_image_that_turns_out_broken_says_so_on_its_line(ann, lobby, client, uploads):
    row = send(ann, lobby, upload(picture("PNG", size=(800, 800))[:900] + b"\0" * 100, "photo.png"), upload())
    files.prepare_due()
    client.force_login(ann)
    page = client.get(lobby.get_absolute_url()).content.decode()
    assert "<bdi>photo.png</bdi> could not be read as an image" in page
    assert content(client, row.attachments.first())[0].status_code == 404
    assert uploads() == 1


def test_what_a_dead_process_left_is_found(ann, lobby, uploads, monkeypatch):
    row = send(ann, lobby, upload(picture(), "photo.jpg"))
    write_anew = images.write_anew
    monkeypatch.setattr(images, "write_anew", lambda _: 1 / 0)
    files.prepare_due()
    assert not Attachment.objects.filter(due__lte=timezone.now()).exists(), "not tried again at once"
    monkeypatch.setattr(images, "write_anew", write_anew)
    monkeypatch.setattr(files, "_background", SimpleNamespace(submit=lambda work: work()))
    Attachment.objects.update(due=timezone.now())
    looked.send(sender=None)
    row.refresh_from_db()
    assert row.files[0]["ready"]
    assert uploads() == 2


def test_an_image_whose_process_always_dies_is_given_up(ann, lobby):
    row = send(ann, lobby, upload(picture(), "photo.jpg"))
    Attachment.objects.update(created=timezone.now() - files.GIVEN_UP - timedelta(seconds=1))
    files.prepare_due()
    row.refresh_from_db()
    assert row.files[0]["type"] == ""


def test_what_came_into_no_message_goes_after_an_hour(ann, lobby, uploads, monkeypatch):
    monkeypatch.setattr(files, "submit", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        send(ann, lobby, upload())
    files.prepare_due()
    assert uploads() == 1
    Attachment.objects.update(due=timezone.now())
    files.prepare_due()
    assert (Attachment.objects.count(), uploads()) == (0, 0)


@pytest.mark.parametrize("deleted", [lambda row: row.delete(), lambda row: row.attachments.all().delete()])
def test_an_image_whose_message_was_deleted_meanwhile_leaves_nothing(ann, lobby, uploads, monkeypatch, deleted):
    row = send(ann, lobby, upload(picture(), "photo.jpg"))
    write_anew = images.write_anew
    monkeypatch.setattr(images, "write_anew", lambda file: (deleted(row), write_anew(file))[1])
    files.prepare_due()
    assert (Attachment.objects.count(), uploads()) == (0, 0)


def test_htmx_gets_an_empty_form_or_why_nothing_was_sent(ann, lobby, client):
    client.force_login(ann)
    address, htmx = reverse("parlour_rooms:files", args=[lobby.slug]), {"HTTP_HX_REQUEST": "true"}
    sent = client.post(address, {"page": "p", "files": upload()}, **htmx).content.decode()
    assert 'name="page" value="p"' not in sent
    assert "hx-preserve" not in sent, "it takes the place of the one that was sent"
    assert sent.count("from:closest form target:.pl-files") == 2, "or its own failure would ask again without end"
    refused = client.post(address, {"page": "p", "files": upload(b"", "<b>.txt")}, **htmx)
    assert (refused["HX-Reswap"], refused["HX-Retarget"]) == ("innerHTML", "#room-lobby-files-note")
    assert "&lt;b&gt;.txt: There is nothing in it" in refused.content.decode()
    assert "10 files at most" in client.get(address, **htmx).content.decode(), "for what a proxy rejected"
    assert client.get(address).status_code == 302


def test_files_on_an_object_are_for_who_may_read_there_and_lead_back_to_its_page(ann, ben, client):
    room = Room.objects.on(ann)  # of a model without a rule: whoever is signed in
    client.force_login(ben)
    address, page = reverse("parlour_rooms:files", args=[room.slug]), "http://testserver/accounts/profile/"
    response = client.post(address, {"page": "p", "files": upload()}, HTTP_REFERER=page)
    assert response["Location"] == f"{page}#room-{room.slug}-files"
    row = Attachment.objects.get()
    assert content(client, row)[1] == b"hello"
    client.logout()
    assert content(client, row)[0].status_code == 404


def test_the_thumbnail_of_an_image_of_sixteen_bits_is_as_bright_as_the_image():
    file = BytesIO()
    Image.frombytes("I;16", (60, 40), b"\x00\x40" * 60 * 40).save(file, "PNG")
    _whole, thumbnail, _image = images.write_anew(file)
    with Image.open(thumbnail) as small:
        assert abs(small.convert("L").getpixel((30, 20)) - 0x40) < 3
