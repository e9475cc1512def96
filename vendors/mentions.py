"""Pushes and refused requests that mention the words of a search which found no call."""

from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import ngettext

from calls.elsewhere import Found
from vendors import bodies, push_filters
from vendors.models import NOT_DONE, Push, RefusedPush, State
from vendors.permissions import SEE_PUSHES

LOOK_BACK = timedelta(days=30)
MOST_READ = 5_000  # bodies of either sort
MOST_COUNTED = 99


def find(request: HttpRequest, text: str) -> list[Found]:
    """For those who may see pushes: refused requests, and pushes that became no call or not all of
    what they say."""
    if not request.user.has_perm(SEE_PUSHES):
        return []
    return [found for found in (_refused(text), *_in_piles(text)) if found is not None]


def _refused(text: str) -> Found | None:
    newest = RefusedPush.objects.filter(body__isnull=False).order_by("-id")
    keys = list(newest.values_list("pk", flat=True)[:MOST_READ])
    rows = bodies.holding(RefusedPush.objects.filter(pk__in=keys), text)
    found = list(rows.values_list("pk", flat=True)[: MOST_COUNTED + 1])
    label = ngettext("%(count)s refused request", "%(count)s refused requests", len(found))
    return _found(found, label, "refusal", "refusals", {"text": text})


def _in_piles(text: str) -> list[Found | None]:
    now = timezone.now()
    since = now - LOOK_BACK
    pending = Push.objects.filter(NOT_DONE)
    keys, _reach = push_filters.search(pending, text, since, now, most=MOST_READ)
    states = dict(Push.objects.filter(pk__in=keys).values_list("pk", "state"))
    found = []
    for state in (State.UNREADABLE, State.FAILED, State.WAITING):
        of_state = [key for key in keys if states.get(key) == state]
        day = timezone.localtime(since).date().isoformat()
        query = {"text": text, "state": state.value, "from": day}
        found.append(_found(of_state, _label(state, len(of_state)), "push", "pushes", query))
    return found


def _label(state: State, count: int) -> str:
    if state == State.UNREADABLE:
        return ngettext("%(count)s unreadable push", "%(count)s unreadable pushes", count)
    if state == State.FAILED:
        return ngettext("%(count)s push that failed", "%(count)s pushes that failed", count)
    return ngettext("%(count)s push that waits", "%(count)s pushes that wait", count)


def _found(
    keys: list[int], label: str, one: str, several: str, query: dict[str, str]
) -> Found | None:
    """A single one leads to its own page, several to their list."""
    if not keys:
        return None
    many = len(keys) > MOST_COUNTED
    address = (
        reverse(one, args=keys) if len(keys) == 1 else f"{reverse(several)}?{urlencode(query)}"
    )
    said = label % {"count": f"{MOST_COUNTED}+" if many else len(keys)}
    return Found(label=said, count=len(keys), address=address)
