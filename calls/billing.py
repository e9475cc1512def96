"""What a vendor bills for a call: the rules, and what they come to.

Rules stand in CSV tables, one for each vendor, all with one header; whoever knows the vendors hands
them in. A row without a service holds for all services without a row of their own. An account may
bill other legs, by another unit or with another minimum; the rest of the rule stays the vendor's.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.facts import Party, Service
from calls.models import Account, Call, Leg
from calls.outcomes import LONGEST, Outcome, State, seconds_between

COLUMNS = ("service", "legs", "basis", "unit_seconds", "minimum_seconds", "source")
MINUTE = 60
ASSUMED = "assumed"  # how the source of a rule begins that no document gives
CALLER_SECONDS = "caller_seconds"  # the detail that tells how long the calling side's leg lasted
_LONGEST = int(LONGEST.total_seconds())


class Legs(StrEnum):
    """What is billed: the call, or each telephone of a callback that answered."""

    CALL = "call"
    EACH = "each"


class Basis(StrEnum):
    """How long it lasted: as the vendor's record tells, or from answer to end. Where the one is not
    known, the other counts."""

    TOLD = "told"
    TIMES = "times"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """``is_own`` says that the account changed something of its vendor's rule."""

    service: str = ""
    legs: str = Legs.CALL.value
    basis: str = Basis.TOLD.value
    unit_seconds: int = MINUTE
    minimum_seconds: int = 0
    source: str = ASSUMED
    is_own: bool = False


USUAL = Rule()
_rules: dict[str, dict[str, Rule]] = {}


def add(vendor: str, path: Path) -> None:
    """Hand in a vendor's table. Raises ValueError when it cannot be read."""
    _rules[vendor] = {rule.service: rule for rule in read_table(path)}


def read_table(path: Path) -> list[Rule]:
    """The rows of one CSV table; ValueError when its header or a word in it is not ours."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path.name}: expected the columns {','.join(COLUMNS)}")
        return [
            Rule(
                service=row["service"],
                legs=Legs(row["legs"]).value,
                basis=Basis(row["basis"]).value,
                unit_seconds=int(row["unit_seconds"]),
                minimum_seconds=int(row["minimum_seconds"]),
                source=row["source"],
            )
            for row in rows
        ]


def tables() -> dict[str, list[Rule]]:
    """The rules of all vendors, as their tables give them."""
    return {vendor: list(rules.values()) for vendor, rules in sorted(_rules.items())}


def rule_of(account: Account, service: str) -> Rule:
    """What holds for the calls of an account and a service."""
    rules = _rules.get(account.vendor, {})
    rule = rules.get(service) or rules.get("") or USUAL
    if not is_changed(account):
        return rule
    minimum = account.billing_minimum_seconds
    return replace(
        rule,
        legs=account.billing_legs or rule.legs,
        unit_seconds=account.billing_unit_seconds or rule.unit_seconds,
        minimum_seconds=rule.minimum_seconds if minimum is None else minimum,
        is_own=True,
    )


def is_changed(account: Account) -> bool:
    """Whether the account has a rule of its own."""
    said = (account.billing_unit_seconds, account.billing_minimum_seconds)
    return bool(account.billing_legs) or said != (None, None)


def billed_seconds(call: Call, legs: Iterable[Leg]) -> int | None:
    """The seconds that the vendor bills; None where nothing is billed or nobody can tell (yet)."""
    if call.state != State.ENDED:
        return None
    rule = rule_of(call.account, call.service)
    lengths = _each(call, list(legs), rule) if rule.legs == Legs.EACH else _whole(call, rule)
    total = 0
    for length in lengths:
        if length is None:
            return None
        total += rounded(length, rule)
    # Beyond that, a time of the call must be wrong.
    return total if lengths and total <= _LONGEST else None


def rounded(seconds: int, rule: Rule) -> int:
    """As a bill has it: every unit that was begun, and never less than the minimum."""
    units = -(-seconds // rule.unit_seconds)
    return max(units * rule.unit_seconds, rule.minimum_seconds)


def _whole(call: Call, rule: Rule) -> list[int | None]:
    """How long the call lasted; nothing where it was not answered."""
    if call.outcome != Outcome.ANSWERED:
        return []
    timed = seconds_between(call.answered_at, call.ended_at)
    return [_either(call.talk_seconds, timed, rule)]


def _each(call: Call, legs: Sequence[Leg], rule: Rule) -> list[int | None]:
    """How long each answered leg lasted. A call that is no callback has one leg: itself."""
    if call.service != Service.VOICE_CALLBACK and len(legs) < 2:
        return _whole(call, rule)
    told = _whole_number(call.details.get(CALLER_SECONDS))
    callers = [leg for leg in legs if leg.side == Party.CALLER]
    others = [leg for leg in legs if leg.side != Party.CALLER]
    lengths = [length for leg in others for length in _leg(call, leg, rule)]
    if not others:
        lengths = _whole(call, rule)
    if callers:
        return lengths + [
            _either(told, seconds_between(leg.answered_at, call.ended_at), rule)
            for leg in callers
            if leg.answered_at or told
        ]
    # The calling side's leg was never named: where somebody was connected, it was there.
    is_missing = call.service == Service.VOICE_CALLBACK and len(others) < 2
    return [*lengths, told] if is_missing and (told or lengths) else lengths


def _leg(call: Call, leg: Leg, rule: Rule) -> list[int | None]:
    """How long a leg lasted that is not known to be the calling side's; nothing where it was not
    answered. A leg lasts to the end of the call, as bills have it."""
    is_called = leg.side == Party.CALLEE and call.outcome == Outcome.ANSWERED
    if leg.answered_at is None and not is_called:
        return []
    told = call.talk_seconds if is_called else None
    return [_either(told, seconds_between(leg.answered_at, call.ended_at), rule)]


def _either(told: int | None, timed: int | None, rule: Rule) -> int | None:
    first, second = (told, timed) if rule.basis == Basis.TOLD else (timed, told)
    return second if first is None else first


def _whole_number(value: Any) -> int | None:
    """A duration as a vendor sent it, whatever it sent."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text) if text.isdecimal() and len(text) < 11 else None


def in_words(rule: Rule) -> str:
    """A rule as a sentence, in the reader's language."""
    if rule.unit_seconds == MINUTE:
        unit = _("by every started minute")
    elif rule.unit_seconds == 1:
        unit = _("by the second")
    else:
        unit = _("by every started %(unit)d seconds") % {"unit": rule.unit_seconds}
    if rule.legs == Legs.EACH:
        said = _("Each telephone that answered, %(unit)s") % {"unit": unit}
    else:
        said = _("The call once, %(unit)s") % {"unit": unit}
    if rule.minimum_seconds:
        least = ngettext(
            "at least %(count)d second", "at least %(count)d seconds", rule.minimum_seconds
        )
        said = f"{said}, {least % {'count': rule.minimum_seconds}}"
    return said
