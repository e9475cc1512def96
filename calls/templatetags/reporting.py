"""How figures of a report are written, for pages and mails."""

from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from calls import billing
from calls.billing import Rule
from calls.models import SERVICE_LABELS
from calls.reports.building import Line
from calls.templatetags.display import clock

register = template.Library()


@register.filter
def counted(count: int) -> str:
    """A count, its thousands apart."""
    return f"{count:,}"


@register.filter
def in_minutes(seconds: int) -> str:
    """Seconds as minutes: whole ones, or with one decimal."""
    return f"{seconds / 60:,.1f}" if seconds % 60 else f"{seconds // 60:,}"


@register.filter
def per_cent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1f}%"


@register.simple_tag
def figure_labels() -> list[str]:
    """The heads of the columns of figures."""
    return [
        *(_("Calls"), _("Answered"), _("Answer rate"), _("Talk (min)")),
        *(_("Billed calls"), _("Billed (min)"), _("Mean talk")),
    ]


@register.simple_tag
def figures(line: Line, labels: Sequence[str], *, may_open: bool) -> SafeString:
    """The cells of a row, in one step: a report has thousands of them. Counts lead to calls."""
    sums = line.sums
    texts = [
        _leading(sums.calls, line.calls if may_open else ""),
        _leading(sums.answered, line.answered if may_open else ""),
        per_cent(sums.answer_rate),
        in_minutes(sums.talk_seconds),
        _leading(sums.billed_calls, line.billed if may_open else ""),
        in_minutes(sums.billed_seconds),
        clock(sums.mean_talk) or "–",
    ]
    return format_html(_row(tuple(labels)), *texts)


@lru_cache(maxsize=8)  # a table has one for all of its rows
def _row(labels: tuple[str, ...]) -> str:
    """The cells with a hole in each."""
    cell = '<td class="report__figure" role="cell" data-label="{}">{{}}</td>'
    return "".join(cell.format(escape(label)) for label in labels)


def _leading(count: int, address: str) -> SafeString | str:
    if not address or not count:
        return counted(count)
    return format_html('<a href="{}">{}</a>', address, counted(count))


@register.filter
def rule_words(rule: Rule) -> str:
    """A rule of billing as a sentence."""
    return billing.in_words(rule)


@register.filter
def rule_service(rule: Rule) -> str:
    """The service that a rule is for."""
    return str(SERVICE_LABELS.get(rule.service, rule.service)) or _("All others")
