"""Rows as PostgreSQL's COPY takes them: the columns of a model, and a value as text."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import models

from calls.models import (
    Call,
    CallCode,
    Dialog,
    Event,
    Leg,
    Party,
    Recording,
    Reference,
    Sound,
    Spoken,
    Tag,
    Turn,
)
from vendors.models import Push

MODELS: Sequence[type[models.Model]] = (
    Call,
    Leg,
    Event,
    CallCode,
    Party,
    Reference,
    Dialog,
    Turn,
    Spoken,
    Recording,
    Sound,
    Tag,
    Push,
)
# Rows of these are pointed at, so they are given their numbers; the database counts all others.
NUMBERED = (Call, Dialog, Recording, Push)
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NOTHING = "\\N"


@cache
def columns(model: type[models.Model]) -> "tuple[models.Field[Any, Any], ...]":
    """The columns that a made-up row fills."""
    return tuple(
        one
        for one in model._meta.concrete_fields
        if model in NUMBERED or not isinstance(one, models.AutoField)
    )


def cell(column: "models.Field[Any, Any]", value: Any) -> str:
    """One value as COPY reads it."""
    if value is None:
        return NOTHING
    if isinstance(column, models.JSONField):
        return json.dumps(value).translate(_ESCAPED)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None)}+00"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    return str(value).translate(_ESCAPED)


_PLAIN = (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r"), ("\x00", "\\"))


def plain(column: "models.Field[Any, Any]", text: str) -> Any:
    """What a driver other than COPY's is given for a cell, as Django would store it."""
    if text == NOTHING:
        return None
    if isinstance(column, models.BooleanField):
        return text == "t"
    if isinstance(column, models.DateTimeField):
        return text.removesuffix("+00")
    if isinstance(column, models.BinaryField):
        return bytes.fromhex(text[3:])
    if "\\" in text:
        text = text.replace("\\\\", "\x00")
        for escaped, meant in _PLAIN:
            text = text.replace(escaped, meant)
    return text
