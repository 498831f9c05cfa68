"""Names as people see them."""

from importlib import import_module

import pytest
from django.apps import apps
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import names
from accounts.models import User
from parlour import is_visible


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ann \t\n Berg ", "Ann Berg"),
        ("Zoe\u0308", "Zoë"),
        ("\u202eA\u200bn\u200dn\ufeff\u202c", "Ann"),
        ("\x00Ann\x1b[31m", "Ann[31m"),
        ("\u3164\u2800", ""),
        ("<b>安娜</b>", "<b>安娜</b>"),
        ("\ud800Ann", "Ann"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("क्\u200dष \u200d", "क्\u200dष"),
        ("👩🏽\u200d💻 Ann ❤\ufe0f\u200d🔥", "👩🏽\u200d💻 Ann ❤\ufe0f\u200d🔥"),
        ("क\u200c\u200dष \u200c7\u200d8 Жу\u200cк", "कष 78 Жук"),
    ],
)
def test_a_name_keeps_what_can_be_seen(typed, kept):
    assert names.clean(typed) == kept


JOINED = st.text(alphabet=st.sampled_from("aé\u0301\u200b\u200c\u200d\ufe0f👩💻🏽कष\u094dعЖ7 @"), max_size=12)


@settings(max_examples=50, deadline=None)
@given(st.text() | JOINED)
def test_cleaning_twice_is_cleaning_once_and_any_name_can_be_stored(text):
    once = names.clean(text)
    assert names.clean(once) == once
    once.encode()
    names.folded(text)


# Case and blanks, dots, width, each alphabet's look-alikes, figures, accents, signs, small capitals, "rn" for "m".
LIKENESSES = ["s t a F F", "S.T.A.F.F.", "ｓｔａｆｆ", "ѕtаff", "5taff", "stáff", "@staff", "@@dmin", "st\u200baff"]
LIKENESSES += ["5\u0308taff"]
LIKENESSES += ["STΑFF", "@dmin", "admın", "ᴀdmin", "ꜱtaff", "moderɑtor", "Ꭺdmin", "ꭺdmin", "ađmin", "adrnin"]


@pytest.mark.parametrize("likeness", LIKENESSES)
def test_a_likeness_of_a_role_is_that_role(likeness):
    assert names.is_role(likeness)


@pytest.mark.parametrize("name", ["rnember", "mernber", "@member", "ɱember", "ᴍᴇᴍʙᴇʀ"])
def test_a_likeness_of_a_name_reads_like_it(name):
    assert names.folded("member") in names.readings(name)


def test_vowels_tell_names_apart_and_accents_joiners_and_variants_do_not():
    assert len(set(map(names.folded, ("राम", "रोमी", "रमा", "รม", "รัม", "かき", "がき")))) == 7
    for likeness in ("Änn", "A\u0323nn", "ann\ufe0f", "Ann\U000e0100", "А\u0301nn", "-\u0308Ann", "👩\u200d💻 Ann"):
        assert names.folded(likeness) == names.folded("Ann"), ascii(likeness)
    assert names.folded("علی\u200cرضا") == names.folded("علیرضا")
    assert names.folded("राम\ufe0f") == names.folded("राम")


@pytest.mark.parametrize("name", ["Stafford", "Anna", "Админка", "Gustaf", "", "💬 !", "Modesta"])
def test_other_names_are_not_roles(name):
    assert not names.is_role(name)


@pytest.mark.parametrize(("text", "visible"), [("\ufe0f", False), ("", False), ("☺", True), ("7", True)])
def test_a_name_of_nothing_is_told_from_a_name(text, visible):
    assert is_visible(text) is visible


@pytest.mark.django_db
def test_whoever_was_here_before_is_compared_by_todays_folding():
    bernd = User.objects.create_user("bernd", display_name="Bernd")
    User.objects.update(username_key="bernd", name_key="bernd")
    import_module("accounts.migrations.0002_names_fold_anew").fold(apps, None)
    assert User.objects.name_is_taken("Bemd")
    bernd.refresh_from_db()
    assert (bernd.username_key, bernd.name_key) == (names.folded("bernd"),) * 2
