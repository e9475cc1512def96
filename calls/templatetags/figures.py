"""Figures on pages: a text that leads to the calls behind it."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calls.overview.shown import Behind

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
