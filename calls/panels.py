"""What other apps show on a call's page, which knows nothing of them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from calls.models import Call

Panel = Callable[[HttpRequest, Call], tuple[str, dict[str, Any]] | None]

_panels: list[Panel] = []


def add(panel: Panel) -> None:
    """Show a panel: a function of the request and the call that gives a template and its
    variables, or None where there is nothing to show to this person."""
    _panels.append(panel)


def of(request: HttpRequest, call: Call) -> list[tuple[str, dict[str, Any]]]:
    return [shown for panel in _panels if (shown := panel(request, call)) is not None]
