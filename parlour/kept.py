"""`{% kept name=value … %}…{% endkept %}`: markup that is rendered once for all readers who share these values.

It is kept in memory by them, the language, the time zone and SCRIPT_NAME. What stands in it sees nothing else, neither
request nor user, so that nothing of one reader gets onto another one's page; it must not ask for the time. Values are
texts, numbers, truth values and tuples of these, for a row that was changed is equal to what it was.

`{% late %}…{% endlate %}` inside it, or inside what it includes, is rendered for each reader, with all that the
template around `kept` has; elsewhere it changes nothing.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template import Context, Node, Template
from django.template.base import NodeList, Parser, Token, token_kwargs
from django.template.defaulttags import CsrfTokenNode
from django.urls import get_script_prefix
from django.utils import timezone, translation
from django.utils.crypto import get_random_string

MOST = 500  # pieces of markup, of some kilobytes
Show = Callable[[Context], str]
_LATE = "parlour_late_nodes"
_MARK = get_random_string(16)  # nobody can type it


def compile_block(parser: Parser, token: Token) -> Node:
    """Compile one of the two tags."""
    tag, *values = token.split_contents()
    nodes = parser.parse([f"end{tag}"])
    parser.delete_first_token()
    return LateNode(nodes) if tag == "late" else KeptNode(nodes, token_kwargs(values, parser))


class LateNode(Node):
    """What is rendered for each reader."""

    def __init__(self, nodes: NodeList) -> None:
        self.nodes = nodes
        self.show = nodes[0].render_annotated if len(nodes) == 1 else nodes.render  # most are of one node
        self.key = 0 if [*map(type, nodes)] == [CsrfTokenNode] else id(nodes)  # all forms on a page have one token

    def render(self, context: Context) -> str:
        if (late := context.get(_LATE)) is None:
            return self.nodes.render(context)
        late[self.key] = self.show
        return f"{_MARK}{self.key};"


class KeptNode(LateNode):
    """What is rendered once for equal values."""

    def __init__(self, nodes: NodeList, values: dict[str, Any]) -> None:
        super().__init__(nodes)
        self.values = values

    def render(self, context: Context) -> str:
        values = [value.resolve(context) for value in self.values.values()]
        if context.get(_LATE) is not None:  # it stands inside another one
            with context.push(**dict(zip(self.values, values, strict=True))):
                return self.nodes.render(context)
        read_in = translation.get_language(), timezone.get_current_timezone(), get_script_prefix()
        parts = _parts.__wrapped__ if settings.DEBUG else _parts  # templates are edited
        shown, late = parts(self, context.template, read_in, *values)
        own = {key: show(context) for key, show in late.items()}
        return "".join([part if isinstance(part, str) else own[part] for part in shown])


@lru_cache(MOST, typed=True)
def _parts(kept: KeptNode, template: Template, _read_in: Any, *values: Any) -> tuple[list[str | int], dict[int, Show]]:
    """The markup with keys in it, and by these what is rendered for each reader in their places."""
    named = dict(zip(kept.values, values, strict=True))
    for name, value in named.items():
        if not all(isinstance(each, str | int | None) for each in _flat(value)):
            raise TypeError(f"{{% kept {name}=… %}}: {value!r} may change and be equal to what it was.")
    late: dict[int, Show] = {}
    context = Context({_LATE: late, **named})
    with context.render_context.push_state(template), context.bind_template(template):
        parts = re.split(rf"{_MARK}(\d+);", kept.nodes.render(context))
    return [int(part) if n % 2 else part for n, part in enumerate(parts)], late


def _flat(value: Any) -> list[Any]:
    return [each for part in value for each in _flat(part)] if isinstance(value, tuple) else [value]
