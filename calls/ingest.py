"""Facts become rows. The only writer of what pushes say about calls.

The merge does not depend on the order in which pushes arrive, nor on how often: of all that was
said about a field, ``calls.precedence`` picks one. What no push said is worked out from the rest.
Applying the same facts again changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from django.db import models

from calls import handles
from calls.draft import Draft, Statement
from calls.models import Call, CallCode, Dialog, Event, Leg, Recording, Turn

__all__ = ["Statement", "apply"]

Row = TypeVar("Row", bound=models.Model)


def apply(statements: Sequence[Statement]) -> dict[int, list[int]]:
    """Merge a batch of statements into rows; which calls (ids) each push spoke of.

    Runs inside the caller's transaction. Raises IntegrityError when another worker makes the same
    call at the same moment: nothing is written then, and the caller tries again.
    """
    drafts = _drafts(statements)
    for statement in statements:
        drafts[statement.account.pk, statement.facts.call_id].hear(statement)
    ordered = [draft for _, draft in sorted(drafts.items())]
    changed = [draft for draft in ordered if draft.settle()]
    _write(Call, [draft.call for draft in changed])
    _write(Leg, _owned(draft.changed(Leg) for draft in ordered))
    _write(Dialog, _owned(draft.changed(Dialog) for draft in ordered))
    _write(Turn, _owned(draft.changed(Turn) for draft in ordered))
    _write(Recording, _owned(draft.changed(Recording) for draft in ordered))
    _write(Event, _owned(draft.changed(Event) for draft in ordered))
    _write(CallCode, _owned(draft.changed(CallCode) for draft in ordered))
    difference = handles.Difference()
    for draft in ordered:
        draft.add_to(difference)
    difference.write()
    spoken_of: dict[int, list[int]] = defaultdict(list)
    for statement in statements:
        call = drafts[statement.account.pk, statement.facts.call_id].call
        if call.pk not in spoken_of[statement.push_id]:
            spoken_of[statement.push_id].append(call.pk)
    return dict(spoken_of)


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
        # In one order for every worker, so that two of them never wait for each other.
        for call in known.select_for_update().order_by("id"):
            statement = first[account_id, call.call_id]
            call.account = statement.account
            drafts[account_id, call.call_id] = Draft(call)
    _recall({draft.call.pk: draft for draft in drafts.values()})
    for draft in drafts.values():
        draft.remember()
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


def _recall(drafts: Mapping[int, Draft]) -> None:
    """Read what is known already of the things that belong to these calls."""
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
