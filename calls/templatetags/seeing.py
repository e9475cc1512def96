"""Numbers and texts as the reader may see them, for templates."""

from typing import Any

from django import template

from calls import masking

register = template.Library()


@register.filter
def seen(number: Any) -> str:
    """A telephone number as the reader may see it."""
    return masking.number(_as_text(number))


@register.filter
def seen_text(words: Any) -> str:
    """A text, also one of JSON, as the reader may see it."""
    return masking.text(_as_text(words))


@register.simple_tag
def sees_numbers() -> bool:
    """Whether the reader sees whole numbers: ``{% sees_numbers as is_whole %}``."""
    return masking.sees_numbers()


@register.simple_tag
def opens_numbers() -> bool:
    """Whether the reader may follow a number to its page: ``{% opens_numbers as is_link %}``."""
    return masking.opens_numbers()


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)
