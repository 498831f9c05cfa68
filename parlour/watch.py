"""Watched models: whatever saves, deletes or relates their rows moves heads, on the rows' database, after its commit.

Each model has a head for those who show any of its rows. If some part shows one row alone, each row has a head too,
and a third one moves when nobody says which rows changed.
"""

import re
from collections.abc import Collection
from hashlib import blake2s
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

from parlour.writes import touch

Watched = type[Model] | str
watched: dict[type[Model], bool] = {}  # whether some part shows one row alone


def concrete(model: Watched) -> type[Model]:
    """The model of this class or label; of a proxy, the model whose table it shows."""
    model = apps.get_model(model) if isinstance(model, str) else model
    return model._meta.concrete_model or model


def watch_model(model: Watched, arguments: Collection[str] = ()) -> type[Model]:
    """Watch a model. If its name is among a part's arguments, the part shows one row."""
    model = concrete(model)
    watched[model] = watched.get(model, False) or model._meta.model_name in arguments
    for sender in apps.get_models():
        if issubclass(sender, model) or issubclass(model, sender):
            post_save.connect(_row_changed, sender, weak=False, dispatch_uid="parlour")
            post_delete.connect(_row_changed, sender, weak=False, dispatch_uid="parlour")
    for field in model._meta.many_to_many:
        m2m_changed.connect(_relation_changed, field.remote_field.through, weak=False, dispatch_uid="parlour")
    return model


def row_heads(model: type[Model], pk: Any) -> list[str]:
    """The heads that somebody follows who shows this row, or with None any rows."""
    return [rows_head(model)] if pk is None else [f"{rows_head(model)}.{safe(pk)}", f"{rows_head(model)}..all"]


def rows_head(model: type[Model]) -> str:
    """The head that moves with every row of a model."""
    return f"rows.{model._meta.label_lower}"


def touch_rows(model: type[Model], pk: Any, using: str) -> None:
    """Move the heads of one row, or with None of all rows, once the transaction on this database is committed."""
    moved = [rows_head(model)]
    if watched[model]:
        moved.append(f"{rows_head(model)}.{'.all' if pk is None else safe(pk)}")
    touch(*moved, using=using)


def safe(value: object) -> str:
    """A primary key, or any text, as a part of ids and of heads."""
    if re.fullmatch(r"[A-Za-z0-9-]{1,36}", str(value)):
        return str(value)
    return blake2s(str(value).encode(), digest_size=8).hexdigest()


def _row_changed(sender: type[Model], instance: Model, using: str, **_: Any) -> None:
    for model in watched:
        if issubclass(sender, model) or issubclass(model, sender):
            touch_rows(model, instance.pk, using)


def _relation_changed(instance: Model, reverse: bool, model: type[Model], action: str, using: str, **_: Any) -> None:
    """Tags were added to a poll, or polls to a tag (reverse): then any poll may have changed."""
    if action.startswith("post_"):
        for each in watched:
            if issubclass(model if reverse else type(instance), each):
                touch_rows(each, None if reverse else instance.pk, using)
