"""Figures on pages: a text that leads to the calls behind it."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from calls.overview.parts import Shade
from calls.overview.shown import Behind, Cell

register = template.Library()


@register.filter
def led(one: Behind) -> SafeString:
    """A figure as a link, where there are calls to lead to. A page has hundreds of them, and each
    would else be a template of its own."""
    if one.address:
        return format_html(
            '<a class="figure number" href="{}" data-calls="{}">{}</a>',
            one.address,
            one.calls,
            one.text,
        )
    return format_html('<span class="number soft" data-calls="{}">{}</span>', one.calls, one.text)


@register.filter
def led_cells(counts: Iterable[Behind]) -> SafeString:
    """A row of them."""
    return format_html_join("", "<td>{}</td>", ((led(one),) for one in counts))


@register.filter
def heat_cells(shades: Iterable[Shade]) -> SafeString:
    """A row of the heat map."""
    return format_html_join(
        "", '<td class="heat-{}">{}</td>', ((one.heat, led(one.calls)) for one in shades)
    )


@register.filter
def compared(cell: Cell) -> SafeString:
    """A figure, what it was, and how it changed."""
    if cell.before is None:
        return led(cell.now)
    shown = format_html(
        '{} <span class="before small"><span class="soft">{}</span> {}</span>',
        led(cell.now),
        pgettext("a figure, before", "was"),
        led(cell.before),
    )
    if cell.change is None:
        return shown
    change = format_html(
        ' <span class="before small change--{}">{}</span>', cell.change.tone, cell.change.text
    )
    return shown + change
