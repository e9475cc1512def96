"""What people are told of an alarm: what is the matter, and what to check first.

Numbers of people never stand here: names that somebody gave to an account are masked too.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from calls import masking
from vendors.models import Alarm, AlarmSort, Reason
from vendors.watch.times import BOUNDS


def title(alarm: Alarm) -> str:
    """One sentence: what is the matter."""
    words = {"account": masking.text(str(alarm.account)), "kind": alarm.kind}
    return _TITLES[AlarmSort(alarm.sort)](alarm.facts, words)


def _silence(facts: dict[str, Any], words: dict[str, str]) -> str:
    words["time"] = _moment(facts.get("last_at"))
    if words["kind"]:
        return (
            _("%(account)s: no %(kind)s since %(time)s, which is longer than usual at such hours.")
            % words
        )
    return (
        _("%(account)s: no push since %(time)s, which is longer than usual at such hours.") % words
    )


def _refusals(facts: dict[str, Any], words: dict[str, str]) -> str:
    words["count"] = str(facts.get("refused", 0))
    return _("%(account)s: %(count)s pushes were turned away within 10 minutes.") % words


def _queue(facts: dict[str, Any], words: dict[str, str]) -> str:
    words["count"] = str(facts.get("waiting", 0))
    if not facts.get("since"):
        return _("%(account)s: %(count)s pushes wait to be processed, more and more.") % words
    words["time"] = _moment(facts["since"])
    return (
        _("%(account)s: %(count)s pushes wait to be processed, the oldest since %(time)s.") % words
    )


_TITLES: dict[AlarmSort, Callable[[dict[str, Any], dict[str, str]], str]] = {
    AlarmSort.SILENCE: _silence,
    AlarmSort.REFUSALS: _refusals,
    AlarmSort.QUEUE: _queue,
}


def check_first(alarm: Alarm) -> str:
    """What to look at first, and whose move it is."""
    if alarm.sort == AlarmSort.SILENCE:
        return _(
            "Ask for the portal's /readyz from outside: if that fails, it is the way to us (the"
            " proxy, its certificate, the firewall). If it answers, see in the vendor's console"
            " whether calls are made at all and whether it still pushes to our address, and ask the"
            " vendor."
        )
    if alarm.sort == AlarmSort.REFUSALS:
        reasons = set(alarm.facts.get("reasons", []))
        if reasons == {Reason.DISABLED.value}:
            return _(
                "The account is disabled, and the vendor still pushes to it: enable it, or have the"
                " vendor stop. What is turned away is not kept."
            )
        if reasons == {Reason.ADDRESS.value}:
            return _(
                "The vendor pushes from an address that is not on the account's list: compare the"
                " sender of a refused push with the allowed addresses, and ask the vendor before"
                " you add one."
            )
        if reasons == {Reason.RATE.value}:
            return _(
                "The vendor pushes more in a second than the account may: see its pushes, and raise"
                " or empty the account's limit. What was turned away is not kept; the vendor was"
                " told to try again."
            )
        return _(
            "Signatures do not hold: see whether the secret was changed on one side only and"
            " whether this machine's clock is right. Then set the secret, or have signatures"
            " observed; what was refused waits with its body and can be released."
        )
    return _(
        "See whether a worker runs and what it logs: a number that stands still means that none"
        " does, or that the database does not let it; one that rises means that one is too few"
        " (TASK_WORKERS). Nothing is lost while pushes wait."
    )


def state(alarm: Alarm, now: datetime | None = None) -> str:
    """What is being done about it."""
    if alarm.resolved_at is not None:
        return _("Resolved by itself")
    if alarm.snoozed_until is not None and alarm.snoozed_until > (now or timezone.now()):
        return _("Snoozed")
    return _("Acknowledged") if alarm.acknowledged_at is not None else _("Standing")


def tone(alarm: Alarm, now: datetime | None = None) -> str:
    """The colour of that."""
    if alarm.resolved_at is not None:
        return "good"
    if alarm.snoozed_until is not None and alarm.snoozed_until > (now or timezone.now()):
        return "quiet"
    return "warn" if alarm.acknowledged_at is not None else "bad"


def _moment(text: Any) -> str:
    at = parse_datetime(str(text or ""))
    return date_format(timezone.localtime(at), "Y-m-d H:i") if at else "–"


def took(seconds: float | None) -> str:
    """A time of acknowledging, in words; empty where there is none."""
    if seconds is None:
        return ""
    if seconds > BOUNDS[-1]:
        return _("over %(seconds)d s") % {"seconds": BOUNDS[-1]}
    if seconds < 1:
        return _("%(number)s ms") % {"number": f"{seconds * 1000:.{1 if seconds < 0.01 else 0}f}"}
    return _("%(number)s s") % {"number": f"{seconds:.1f}"}
