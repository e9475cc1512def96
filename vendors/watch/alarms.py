"""Alarms: raised and resolved by the watch, acknowledged and snoozed by people.

One alarm of a sort stands for an account and kind: the database says no to a second, whoever raises
it. Everything that happens to one is written down as an act.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from vendors.models import (
    Act,
    Alarm,
    AlarmAct,
    AlarmContact,
    AlarmSort,
    Telling,
)

log = logging.getLogger("callportal.watch")


@dataclass(frozen=True, slots=True)
class Key:
    """What an alarm is about; ``kind`` is empty for the whole account."""

    account_id: int
    sort: AlarmSort
    kind: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a look at the pushes came to: what is wrong, with its facts, and what is not quite over:
    no alarm is raised for the latter, but one that stands goes on."""

    wrong: Mapping[Key, Mapping[str, Any]]
    lasting: Collection[Key] = ()


def key_of(alarm: Alarm) -> Key:
    return Key(alarm.account_id, AlarmSort(alarm.sort), alarm.kind)


def standing() -> QuerySet[Alarm]:
    return Alarm.objects.filter(resolved_at=None)


def calling(now: datetime | None = None) -> QuerySet[Alarm]:
    """Those that ask for somebody: they stand, nobody looks after them, nobody snoozed them."""
    is_awake = Q(snoozed_until=None) | Q(snoozed_until__lte=now or timezone.now())
    return standing().filter(is_awake, acknowledged_at=None)


def settle(found: Found, now: datetime) -> None:
    """Raise what is wrong and has no alarm yet; resolve the alarms whose cause is gone."""
    known = {key_of(alarm): alarm for alarm in standing()}
    for key, facts in found.wrong.items():
        if key not in known:
            _raise(key, facts, now)
    for key, alarm in known.items():
        if key not in found.wrong and key not in found.lasting:
            _resolve(alarm, now)


def _raise(key: Key, facts: Mapping[str, Any], now: datetime) -> None:
    """Nothing where another watch has raised it at the same moment."""
    snoozed = Alarm.objects.filter(
        account=key.account_id, sort=key.sort, kind=key.kind, snoozed_until__gt=now
    ).first()
    with transaction.atomic():
        alarm, is_new = Alarm.objects.get_or_create(
            account_id=key.account_id,
            sort=key.sort,
            kind=key.kind,
            resolved_at=None,
            defaults={
                "raised_at": now,
                "facts": dict(facts),
                "snoozed_until": snoozed.snoozed_until if snoozed else None,
                "snoozed_by": snoozed.snoozed_by if snoozed else "",
            },
        )
        if not is_new:
            return
        AlarmAct.objects.create(alarm=alarm, at=now, act=Act.RAISED)
        if snoozed is None:
            Telling.objects.bulk_create(
                Telling(alarm=alarm, contact=contact, about=Act.RAISED, next_try_at=now)
                for contact in AlarmContact.objects.filter(is_enabled=True)
            )
    log.warning("alarm raised", extra=_words(alarm))


@transaction.atomic
def _resolve(alarm: Alarm, now: datetime) -> None:
    """Whoever was told of it is told that it is over."""
    if not standing().filter(pk=alarm.pk).update(resolved_at=now):
        return
    AlarmAct.objects.create(alarm=alarm, at=now, act=Act.RESOLVED)
    told = AlarmContact.objects.filter(tellings__alarm=alarm, tellings__about=Act.RAISED)
    Telling.objects.bulk_create(
        Telling(alarm=alarm, contact=contact, about=Act.RESOLVED, next_try_at=now)
        for contact in told.filter(is_enabled=True)
    )
    log.info("alarm resolved", extra=_words(alarm))


def _words(alarm: Alarm) -> dict[str, Any]:
    kind = {"kind": alarm.kind} if alarm.kind else {}
    return {"alarm": alarm.pk, "account": alarm.account_id, "sort": alarm.sort, **kind}


def acknowledge(alarm: Alarm, by: str) -> bool:
    """Somebody looks after it; whether it still stood, with nobody who does."""
    now = timezone.now()
    mine = standing().filter(pk=alarm.pk, acknowledged_at=None)
    return _act(alarm, Act.ACKNOWLEDGED, by, mine, acknowledged_at=now, acknowledged_by=by)


def give_back(alarm: Alarm, by: str) -> bool:
    """Nobody looks after it any more; whether somebody did."""
    theirs = standing().filter(pk=alarm.pk, acknowledged_at__isnull=False)
    return _act(alarm, Act.RETURNED, by, theirs, acknowledged_at=None, acknowledged_by="")


def snooze(alarm: Alarm, by: str, until: datetime) -> bool:
    """Nobody is asked to look at it before a moment, nor told of the next of its sort."""
    mine = standing().filter(pk=alarm.pk)
    return _act(alarm, Act.SNOOZED, by, mine, snoozed_until=until, snoozed_by=by)


def wake(alarm: Alarm, by: str) -> bool:
    """End a snooze; whether there was one."""
    mine = Alarm.objects.filter(pk=alarm.pk, snoozed_until__gt=timezone.now())
    return _act(alarm, Act.WOKEN, by, mine, snoozed_until=None, snoozed_by="")


@transaction.atomic
def _act(alarm: Alarm, act: Act, by: str, rows: QuerySet[Alarm], **values: Any) -> bool:
    if not rows.update(**values):
        return False
    until = values.get("snoozed_until")
    AlarmAct.objects.create(alarm=alarm, at=timezone.now(), act=act, by=by, until=until)
    log.info("alarm handled", extra={"alarm": alarm.pk, "act": act.value, "by": by})
    return True
