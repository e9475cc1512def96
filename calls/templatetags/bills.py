"""How what a bill amounts to is put, for templates."""

from decimal import Decimal

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma

from calls.templatetags.display import clock

register = template.Library()


@register.filter
def amount(count: int | None, kind: str) -> str:
    """A number of calls, or a time as hours, minutes and seconds."""
    if count is None:
        return ""
    return clock(count) if kind == "time" else str(intcomma(count))


@register.filter
def less(theirs: int, ours: int) -> int:
    return theirs - ours


@register.filter
def difference(count: int, kind: str) -> str:
    """The same with its sign; a difference of nothing has none."""
    return f"{_sign(count)}{amount(abs(count), kind)}"


@register.filter
def signed(count: int) -> str:
    return f"{_sign(count)}{abs(count)}"


@register.filter
def money(sum_of: Decimal) -> str:
    """An amount of money with two digits behind the point, or as many as it has."""
    plain = f"{sum_of:f}"
    whole, _point, part = plain.partition(".")
    return f"{intcomma(int(whole)) if whole not in {'-0'} else '-0'}.{part.rstrip('0'):0<2}"


def _sign(count: int) -> str:
    return "+" if count > 0 else "\u2212" if count < 0 else ""
