"""Facts become rows. The only writer of what pushes say about calls.

The merge does not depend on the order in which pushes arrive, nor on how often: of all that was
said about a field, ``calls.precedence`` picks one. What no push said is worked out from the rest.
Applying the same facts again changes nothing.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from calls import handles, tallies
from calls.draft import Draft, Statement
from calls.models import Account, Call, CallCode, Dialog, Event, Leg, Recording, Turn

__all__ = ["Statement", "apply"]

log = logging.getLogger("callportal.calls")

LATE = timedelta(days=7)  # nothing younger is deleted for its age

Row = TypeVar("Row", bound=models.Model)


def apply(statements: Sequence[Statement]) -> dict[int, list[int]]:
    """Merge a batch of statements into rows; which calls (ids) each push spoke of.

    Runs inside the caller's transaction. Raises IntegrityError when another worker makes the same
    call at the same moment: nothing is written then, and the caller tries again.
    """
    drafts = _drafts(statements)
    for statement in statements:
        drafts[statement.account.pk, statement.facts.call_id].hear(statement)
    _save([draft for _, draft in sorted(drafts.items())])
    spoken_of: dict[int, list[int]] = defaultdict(list)
    for statement in statements:
        call = drafts[statement.account.pk, statement.facts.call_id].call
        if call.pk is not None and call.pk not in spoken_of[statement.push_id]:
            spoken_of[statement.push_id].append(call.pk)
    return dict(spoken_of)


def work_out_again(ids: Sequence[int], change: Callable[[Call], None] | None = None) -> None:
    """Work out anew what nobody said of these calls, by what is known now; ``change`` may first
    change what is ours in a call. What pushes said stays.

    Runs inside the caller's transaction.
    """
    calls = _locked(Call.objects.select_related("account").filter(pk__in=ids))
    drafts = {call.pk: Draft(call) for call in calls}
    _recall(drafts)
    if change is not None:
        for draft in drafts.values():
            change(draft.call)
            draft.is_changed = True
    _save(list(drafts.values()))


def _save(ordered: Sequence[Draft]) -> None:
    """Settle drafts and write them, with all that follows from them."""
    changed = [draft for draft in ordered if draft.settle()]
    if gone := _gone(changed):
        ordered = [draft for draft in ordered if draft not in gone]
        changed = [draft for draft in changed if draft not in gone]
    _write(Call, [draft.call for draft in changed])
    _write(Leg, _owned(draft.changed(Leg) for draft in ordered))
    _write(Dialog, _owned(draft.changed(Dialog) for draft in ordered))
    _write(Turn, _owned(draft.changed(Turn) for draft in ordered))
    _write(Recording, _owned(draft.changed(Recording) for draft in ordered))
    _write(Event, _owned(draft.changed(Event) for draft in ordered))
    _write(CallCode, _owned(draft.changed(CallCode) for draft in ordered))
    difference, counted = handles.Difference(), tallies.Difference()
    for draft in ordered:
        draft.add_to(difference, counted)
    difference.write()
    counted.write()


def _gone(changed: Sequence[Draft]) -> list[Draft]:
    """New calls of days whose calls were deleted, when their time was over: they were counted then,
    and come too late. What is known is asked anew, since deleting may have begun meanwhile."""
    late = timezone.now() - LATE
    new = [draft for draft in changed if draft.call.pk is None and draft.call.occurred_at < late]
    accounts = {draft.call.account_id for draft in new}
    days = Account.objects.filter(pk__in=accounts).exclude(figures_only_before=None)
    first = dict(days.values_list("pk", "figures_only_before")) if accounts else {}
    gone = [
        draft
        for draft in new
        if (day := first.get(draft.call.account_id)) and _day(draft.call) < day
    ]
    for draft in gone:
        log.info("late call left out", extra={"account": draft.call.account_id})
    return gone


def _day(call: Call) -> date:
    return timezone.localdate(call.occurred_at, timezone.get_default_timezone())


def _owned(groups: Iterable[Iterable[Row]]) -> list[Row]:
    """Rows of all drafts, each made to point at its owner, whose key is known only by now."""
    rows = [row for group in groups for row in group]
    for row in rows:
        if row.pk is None:
            owner = "dialog" if isinstance(row, Turn) else "call"
            setattr(row, f"{owner}_id", getattr(row, owner).pk)
    return rows


def _write(model: type[Row], rows: list[Row]) -> None:
    """Insert the new rows and overwrite the known ones, a handful of statements for any number."""
    new = [row for row in rows if row.pk is None]
    known = [row for row in rows if row.pk is not None]
    manager = model._default_manager
    if new:
        manager.bulk_create(new)
    if known:
        names = [f.name for f in model._meta.concrete_fields if not f.primary_key]
        manager.bulk_create(
            known, update_conflicts=True, update_fields=names, unique_fields=[model._meta.pk.name]
        )


def _drafts(statements: Sequence[Statement]) -> dict[tuple[int, str], Draft]:
    """A draft for every call spoken of: the known ones read and locked, the others new."""
    wanted: dict[int, set[str]] = defaultdict(set)
    first: dict[tuple[int, str], Statement] = {}
    for statement in statements:
        wanted[statement.account.pk].add(statement.facts.call_id)
        first.setdefault((statement.account.pk, statement.facts.call_id), statement)
    drafts: dict[tuple[int, str], Draft] = {}
    for account_id, call_ids in sorted(wanted.items()):
        known = Call.objects.filter(account_id=account_id, call_id__in=call_ids)
        for call in _locked(known):
            call.account = first[account_id, call.call_id].account
            drafts[account_id, call.call_id] = Draft(call)
    _recall({draft.call.pk: draft for draft in drafts.values()})
    for key, statement in first.items():
        if key not in drafts:
            drafts[key] = Draft(
                Call(
                    account=statement.account,
                    vendor=statement.account.vendor,
                    call_id=statement.facts.call_id,
                    first_received_at=statement.received_at,
                )
            )
    return drafts


def _locked(calls: QuerySet[Call]) -> QuerySet[Call]:
    """In one order for every worker, so that two of them never wait for each other."""
    return calls.select_for_update(of=("self",)).order_by("account_id", "id")


def _recall(drafts: Mapping[int, Draft]) -> None:
    """Read what is known already of the things that belong to these calls, and remember it."""
    if not drafts:
        return
    for leg in Leg.objects.filter(call_id__in=drafts):
        drafts[leg.call_id].legs[leg.key] = leg
    for code in CallCode.objects.filter(call_id__in=drafts):
        drafts[code.call_id].codes[code.scheme, code.value, code.place] = code
    for event in Event.objects.filter(call_id__in=drafts):
        drafts[event.call_id].events[event.key] = event
    with_dialog = [pk for pk, draft in drafts.items() if draft.call.has_dialog]
    for dialog in Dialog.objects.filter(call_id__in=with_dialog) if with_dialog else ():
        drafts[dialog.call_id].dialog = dialog
    for turn in (
        Turn.objects.filter(dialog__call_id__in=with_dialog).select_related("dialog")
        if with_dialog
        else ()
    ):
        drafts[turn.dialog.call_id].turns[turn.key] = turn
    with_recording = [pk for pk, draft in drafts.items() if draft.call.has_recording]
    for recording in Recording.objects.filter(call_id__in=with_recording) if with_recording else ():
        drafts[recording.call_id].recordings[recording.key] = recording
    for draft in drafts.values():
        draft.remember()
