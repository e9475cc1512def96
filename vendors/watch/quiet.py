"""Which accounts and kinds are quieter than usual: what is usual is learned from the rows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from vendors.models import AlarmSort, PushHour, PushKind
from vendors.watch import alarms, silence
from vendors.watch.alarms import Key
from vendors.watch.sight import Sight, newest
from vendors.watch.silence import Habit, Hour

_WHOLE = ""  # an account's pushes of all kinds together


@dataclass(slots=True)
class _Habits:
    """What is usual, learned once an hour in each process."""

    learned_at: datetime | None = None
    known: dict[tuple[int, str], Habit] = field(default_factory=dict)

    def of(self, now: datetime) -> dict[tuple[int, str], Habit]:
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self.learned_at != hour:
            self.known, self.learned_at = _learn(now), hour
        return self.known

    def forget(self) -> None:
        self.learned_at = None


habits = _Habits()


def _learn(now: datetime) -> dict[tuple[int, str], Habit]:
    came: dict[tuple[int, str], list[Hour]] = defaultdict(list)
    together: dict[int, dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    rows = PushHour.objects.filter(hour__gte=now - timedelta(weeks=silence.WEEKS))
    for account, kind, hour, minutes in rows.values_list("account_id", "kind", "hour", "minutes"):
        at = hour.astimezone(UTC)
        came[account, kind].append(Hour(at, minutes))
        together[account][at] |= minutes
    for account, hours in together.items():
        came[account, _WHOLE] = [Hour(at, minutes) for at, minutes in hours.items()]
    zone = timezone.get_default_timezone()
    return {key: silence.learn(hours, now.astimezone(UTC), zone) for key, hours in came.items()}


def silences(sight: Sight, wrong: dict[Key, Mapping[str, Any]], lasting: set[Key]) -> None:
    known = habits.of(sight.now)
    by_account: dict[int, list[PushKind]] = defaultdict(list)
    for one in sight.kinds:
        habit = known.get((one.account_id, one.kind))
        is_usual = habit is not None and habit.is_any and one.last_at is not None
        one.usual_gap = habit.usual_gap(sight.now) if habit and is_usual else None
        one.silent_at = _silent_at(habit, one.last_at, sight.since) if is_usual else None
        by_account[one.account_id].append(one)
    heard_at = newest((one.account_id, one.last_at) for one in sight.kinds)
    for account_id, kinds in by_account.items():
        account = sight.accounts.get(account_id)
        if account is None or not account.is_enabled:
            continue
        lasting |= _still_silent(account_id, kinds, heard_at.get(account_id), known)
        last_at = heard_at.get(account_id)
        silent_at = _silent_at(known.get((account_id, _WHOLE)), last_at, sight.since)
        whole = Key(account_id, AlarmSort.SILENCE)
        is_silent = silent_at is not None and silent_at <= sight.now
        usual = [one for one in kinds if one.silent_at is not None]
        if is_silent:
            wrong[whole] = _last(last_at)
        for one in usual if len(usual) > 1 else ():
            key = Key(account_id, AlarmSort.SILENCE, one.kind)
            if one.silent_at is not None and one.silent_at <= sight.now:
                if is_silent or whole in lasting:
                    lasting.add(key)  # the account's alarm says it already
                else:
                    wrong[key] = _last(one.last_at)


def _still_silent(
    account_id: int,
    kinds: Sequence[PushKind],
    last_at: datetime | None,
    known: Mapping[tuple[int, str], Habit],
) -> set[Key]:
    """The silences that stand and that no push has ended, as long as anything is usual: the watch
    may have been away meanwhile, and listens anew."""
    heard = {one.kind: one.last_at for one in kinds} | {_WHOLE: last_at}
    found = set()
    for alarm in alarms.standing().filter(account=account_id, sort=AlarmSort.SILENCE):
        habit = known.get((account_id, alarm.kind))
        is_unheard = _last(heard.get(alarm.kind)) == {"last_at": alarm.facts.get("last_at")}
        if habit is not None and habit.is_any and is_unheard:
            found.add(alarms.key_of(alarm))
    return found


def _silent_at(habit: Habit | None, last_at: datetime | None, since: datetime) -> datetime | None:
    if habit is None or last_at is None:
        return None
    return silence.due_at(habit, max(last_at, since).astimezone(UTC))


def _last(at: datetime | None) -> dict[str, str]:
    return {"last_at": at.astimezone(UTC).isoformat()} if at else {}
