"""Former names of `parlour.contrib`, until the engine uses the new ones."""

from parlour.contrib import abort, apply_patches, write_backlog

prepare, backlog = apply_patches, write_backlog

__all__ = ["abort", "backlog", "prepare"]
