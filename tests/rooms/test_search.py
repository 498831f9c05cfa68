"""Search: what was said is found by whoever may read it, by beginnings, in every script, and only as it stands now."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from rooms.models import Membership, Message, Room
from rooms.moderation import remove
from rooms.search import excerpt, results, search
from tests.rooms.posts import say

pytestmark = pytest.mark.django_db(transaction=True)


def texts(person, words, **where):
    return [row.text for row in search(person, words, **where)]


def test_all_words_count_and_the_last_may_be_begun_only(ann, lobby):
    for text in ("the quick brown fox", "a quick note", "brown paper"):
        say(ann, lobby, text)
    assert texts(ann, "quick") == ["a quick note", "the quick brown fox"]
    assert texts(ann, "brown qui") == ["the quick brown fox"]
    assert texts(ann, "qui brown") == []
    assert texts(ann, "q") == ["a quick note", "the quick brown fox"]
    assert texts(ann, "fox") == texts(ann, "FOX") == ["the quick brown fox"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ärger über Öl", "arger uber OL"),
        ("naive cafe", "naïve café"),
        ("Привет, Мир", "привет мир"),
        ("ΑΘΗΝΑ", "αθηνα"),
        ("今日は日本語を話します", "日本語"),
        ("今日は日本語を話します", "本"),
        ("회의는 서울에서 합니다", "서울"),
        ("สวัสดีครับ ยินดีต้อนรับ", "ยินดี"),
        ("हिन्दी में", "हिन्दी"),
        ("مرحبا بالعالم", "بالعالم"),
        ("ｆｕｌｌ width", "full"),
        ("see README.md and docs/rooms.md", "readme"),
        ("see README.md and docs/rooms.md", "rooms.md"),
        ("my e-mail is ann@example.org", "e-mail example"),
        ("don't panic", "don't"),
        ("version 12.5 of 2026-11-29", "12.5 2026"),
        ("**bold** and `code_of_mine`", "code_of bold"),
    ],
)
def test_it_is_found_in_every_script_with_and_without_its_marks(ann, lobby, text, words):
    say(ann, lobby, text)
    say(ann, lobby, "another line")
    assert texts(ann, words) == [text.strip()]
    assert "<mark>" in results(search(ann, words), words)[0].excerpt


@pytest.mark.parametrize("words", ["", "  ", "…", "'", '"', "-- *", "\x00", "👍", ":", "zebra", "日月"])
def test_what_is_no_word_and_what_nobody_said_is_not_found(ann, lobby, words):
    say(ann, lobby, "the fox 日本")
    assert texts(ann, words) == []


OPERATORS = ['fox"', "fox'", "(fox)", "fox*", "fox & !the", "room:1 OR fox", "NOT fox", "^fox", "\\fox"]


@pytest.mark.parametrize("words", OPERATORS)
def test_nothing_that_is_typed_is_an_operator(ann, lobby, words):
    say(ann, lobby, "the fox")
    assert texts(ann, words) in ([], ["the fox"])


def test_only_what_a_person_may_read_is_searched(ann, ben, gus, lobby, team):
    closed = Room.objects.create(title="Closed to guests", owner=ann, guests=Room.Guests.NONE)
    for room in (lobby, team, closed):
        say(ann, room, f"secret of {room.title}")
    assert texts(ann, "secret") == ["secret of Closed to guests", "secret of Team", "secret of Lobby"]
    assert texts(ben, "secret") == ["secret of Closed to guests", "secret of Lobby"]
    assert texts(gus, "secret") == ["secret of Lobby"]
    assert texts(ben, "secret", room=team) == texts(gus, "secret", room=closed) == []
    assert texts(ann, "secret", room=team) == ["secret of Team"]
    membership = Membership.objects.create(room=team, person=ben)
    assert texts(ben, "secret", room=team) == ["secret of Team"]
    membership.delete()
    assert texts(ben, "secret", room=team) == []


def test_it_can_be_narrowed_by_who_and_when(ann, ben, lobby):
    old, new = say(ann, lobby, "fox one"), say(ben, lobby, "fox two")
    Message.objects.filter(pk=old.pk).update(created=timezone.now() - timedelta(days=3))
    yesterday = timezone.now() - timedelta(days=1)
    assert (
        texts(ann, "fox", by="ben") == texts(ann, "fox", by="Ben") == texts(ann, "fox", since=yesterday) == [new.text]
    )
    assert texts(ann, "fox", until=yesterday) == texts(ann, "fox", by="Ann") == [old.text]
    assert texts(ann, "fox", by="nobody") == []


def test_the_index_follows_what_is_edited_removed_moved_and_deleted_however_it_is_written(ann, lobby, team):
    row = say(ann, lobby, "the fox")
    Message.objects.filter(pk=row.pk).update(text="the wolf")
    assert (texts(ann, "fox"), texts(ann, "wolf")) == ([], ["the wolf"])
    Message.objects.filter(pk=row.pk).update(room=team, seq=99)
    assert (texts(ann, "wolf", room=lobby), texts(ann, "wolf", room=team)) == ([], ["the wolf"])
    remove([row.pk])
    assert texts(ann, "wolf") == []
    other = say(ann, lobby, "a bear")
    Message.objects.filter(pk=other.pk).update(deleted=timezone.now())
    assert texts(ann, "bear") == []
    Message.objects.filter(pk=other.pk).delete()
    lobby.delete()
    assert texts(ann, "bear") == []
    again = Room.objects.create(title="Again", owner=ann)
    say(ann, again, "a bear")
    assert texts(ann, "bear") == ["a bear"]


def test_what_is_not_numbered_yet_is_on_no_page_and_not_found(ann, lobby):
    row = say(ann, lobby, "the fox")
    Message.objects.filter(pk=row.pk).update(seq=None)
    assert texts(ann, "fox") == []


def test_the_index_is_built_again_after_a_migration_that_dropped_it(ann, lobby):
    say(ann, lobby, "the fox")
    with connection.schema_editor() as editor:
        if connection.vendor == "sqlite":
            editor._remake_table(Message)
        else:
            editor.execute("DROP INDEX parlour_rooms_words")
    Message.objects.filter(text="the fox").update(text="the wolf")
    assert connection.vendor == "postgresql" or texts(ann, "fox") == ["the wolf"]
    call_command("migrate", verbosity=0)
    assert (texts(ann, "fox"), texts(ann, "wolf")) == ([], ["the wolf"])
    say(ann, lobby, "a bear")
    assert texts(ann, "bear") == ["a bear"]


def test_a_result_shows_the_words_marked_in_their_sentence_and_what_was_said_around_it(ann, ben, lobby):
    say(ben, lobby, "before")
    say(ann, lobby, "x " * 300 + "the <b>Äpfel</b> of Ann & Ben " + "y " * 300)
    say(ben, lobby, "after")
    [found] = results(search(ann, "apfel ann"), "apfel ann")
    assert (found.before.text, found.after.text) == ("before", "after")
    assert "&lt;b&gt;<mark>Äpfel</mark>&lt;" in found.excerpt
    assert "<mark>Ann</mark> &amp; Ben" in found.excerpt
    assert found.excerpt.startswith("…x ")
    assert found.excerpt.endswith("…")
    assert len(found.excerpt) < 330
    assert excerpt("İstanbul ﬁsh <mark>", "fish mark") == "İstanbul ﬁsh &lt;<mark>mark</mark>&gt;"
