"""`{% kept %}`: rendered once for all readers that share its values, and never with anything of one of them."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, RequestContext, Template
from django.urls import set_script_prefix
from django.utils import timezone, translation
from django.utils.html import format_html

from parlour import kept
from parlour.regions import Region
from rooms.models import Room

READERS = ("Ann", "Ben")


@pytest.fixture(autouse=True)
def none_kept():
    kept._parts.cache_clear()


def render(text, **context):
    return text.render(Context(context))


def test_what_stands_in_it_is_rendered_once_and_what_is_late_for_each_reader():
    text = Template("{% kept a=a %}{{ a }}{{ name }}{% late %}{{ name }}{% endlate %}.{% endkept %}")
    assert [render(text, a=1, name=name) for name in READERS] == ["1Ann.", "1Ben."]
    assert kept._parts.cache_info()[:2] == (1, 1)


def test_it_sees_neither_the_reader_nor_the_request(rf, ann):
    request = rf.get("/rooms/lobby/")
    request.user = ann
    text = Template(
        "{% kept a=a %}[{{ user }}{{ request.path }}{{ csrf_token }}{% csrf_token %}{{ perms }}]{% endkept %}"
    )
    assert text.render(RequestContext(request, {"a": 1})) == "[]"


def test_languages_zones_prefixes_and_kinds_of_values_share_nothing():
    text = Template(
        "{% load i18n tz %}{% kept a=a %}{% translate 'Send' %}{% get_current_timezone as zone %}{{ zone }}"
        "{% url 'accounts:login' %}{{ a }}{% endkept %}"
    )
    kinds = [1, True, "1", "<"]
    seen = {render(text, a=a) for a in kinds}
    with translation.override("de"):
        seen |= {render(text, a=a) for a in kinds}
    with timezone.override("Asia/Tokyo"):
        seen |= {render(text, a=a) for a in kinds}
    set_script_prefix("/talk/")
    seen |= {render(text, a=a) for a in kinds}
    set_script_prefix("/")
    assert len(seen) == 4 * 3  # 1 and "1" look alike
    assert kept._parts.cache_info().misses == 4 * 4


def test_text_that_is_markup_and_text_that_is_not_share_nothing():
    text = Template("{% kept a=a %}{{ a }}{% endkept %}")
    assert render(text, a=format_html("<{}>", "b")) == "<b>"
    assert render(text, a="<b>") == "&lt;b&gt;"


@pytest.mark.parametrize("value", [AnonymousUser(), Room(pk=1, title="Lobby"), ("a", Room(pk=1)), timezone])
def test_what_may_change_and_be_equal_to_what_it_was_is_no_value(value):
    with pytest.raises(TypeError, match="may change"):
        render(Template("{% kept a=a %}{{ a }}{% endkept %}"), a=value)


def test_one_inside_another_is_a_part_of_it_and_late_parts_stand_anywhere():
    text = Template(
        "{% kept a=a %}{% for n in a %}{% kept b=n %}{{ b }}{% late %}{{ name }}{% endlate %}{% endkept %}{% endfor %}"
        "{% late %}{% kept b=name %}<{{ b }}{{ a }}>{% endkept %}{% endlate %}{% endkept %}"
    )
    assert [render(text, a="xy", name=name) for name in READERS] == ["xAnnyAnn<Ann>", "xBenyBen<Ben>"]
    assert render(Template("{% late %}{{ name }}{% endlate %}"), name="Ann") == "Ann"


def test_what_is_included_has_late_parts_and_the_region_that_may_be_shared():
    text = Template('{% kept region=region.shared debug=False %}{% include "parlour/live.html" %}{% endkept %}')
    region = Region("bell", "/ws/alerts/", "/alerts/panel/", "member")
    first, second = (render(text, region=region, cursors={"id": name}, err=name) for name in READERS)
    assert first.replace("Ann", "Ben") == second != first
    assert 'id="bell-cursor' not in first
    assert 'value="Ann"' in first
    with pytest.raises(AttributeError):
        region.shared.streams  # noqa: B018


def test_under_debug_a_template_that_was_edited_is_seen(settings):
    settings.DEBUG = True
    render(Template("{% kept a=1 %}{{ a }}{% endkept %}"))
    assert kept._parts.cache_info().currsize == 0
