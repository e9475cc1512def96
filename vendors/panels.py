"""What a call's page shows of the pushes that made the call."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from calls.facts import Source
from calls.models import Call
from vendors.models import Push

READ_PUSHES = "vendors.view_push"
MOST_PUSHES = 50
LONGEST_BODY = 20_000  # characters; the page stays light, the admin has the whole

SOURCE_NAMES = {
    Source.RECORD.value: _("Call record"),
    Source.SUMMARY.value: _("Short call record"),
    Source.STATUS.value: _("Status"),
    Source.DIALOG.value: _("Dialog"),
    Source.RECORDING.value: _("Recording"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A push, what its word stands for, and its body as people read it."""

    push: Push
    source: str
    fields: Sequence[str]
    guesses: Sequence[str]
    body: str
    is_cut: bool


def pushes(request: HttpRequest, call: Call) -> tuple[str, dict[str, Any]] | None:
    """The pushes behind a call, oldest first, for those who may see pushes."""
    if not request.user.has_perm(READ_PUSHES):
        return None
    keys = sorted(int(key) for key in call.said)
    rows = Push.objects.filter(pk__in=keys[:MOST_PUSHES]).defer("headers", "query", "digest")
    said = [_said(push, *call.said[str(push.pk)]) for push in rows.order_by("received_at", "id")]
    context = {
        "pushes": said,
        "more": max(0, len(keys) - MOST_PUSHES),
        "is_staff": getattr(request.user, "is_staff", False),
    }
    return "vendors/_pushes_panel.html", context


def _said(push: Push, source: str, stated_at: str, paths: Sequence[str]) -> Said:
    text = _readable(push)
    return Said(
        push=push,
        source=str(SOURCE_NAMES.get(source, source)),
        fields=[path for path in paths if not path.startswith("?")],
        guesses=[path.removeprefix("?") for path in paths if path.startswith("?")],
        body=text[:LONGEST_BODY],
        is_cut=len(text) > LONGEST_BODY,
    )


def _readable(push: Push) -> str:
    """The body with line breaks, or as it came where writing it anew would change what it says."""
    try:
        read = json.loads(bytes(push.body), object_pairs_hook=_without_repeats)
        text = json.dumps(read, ensure_ascii=False, indent=2)
        text.encode()  # a lone surrogate could not be sent to a browser
    except (ValueError, RecursionError):
        return push.text()
    return text


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found
