"""A call without one of its parties' numbers. What it adds to and is found by follows."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.apps import apps
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from calls import handles
from calls.draft import event_key, recording_key
from calls.models import (
    Call,
    Event,
    Hold,
    Party,
    Recording,
    Reference,
    Sound,
    SoundState,
    SubjectTally,
    Turn,
)
from calls.numbers import search_key
from calls.tallies import SUMS
from vendors.erasing.rows import Key, Model, scrub, tables
from vendors.retention import parting
from vendors.spelled import Judge, replaced

Found = Counter[str]


def paths() -> dict[Model, str]:
    """The tables whose rows belong to a call, and how they name it."""
    found: dict[Model, str] = {Call: "pk", Turn: "dialog__call_id"}
    for model in apps.get_models():
        if any(one.name == "call" and one.related_model is Call for one in model._meta.fields):
            found[model] = "call_id"
    return found


def of_parties(judge: Judge) -> tuple[set[int], set[int]]:
    """The calls in which the number took part or was shown; and those of them in which it spoke."""
    rows = Party.objects.order_by().values_list(
        "call_id", "key", "is_shown", "is_caller", "is_callee"
    )
    named, spoke = set(), set()
    for call_id, key, is_shown, is_caller, is_callee in rows.iterator(chunk_size=2_000):
        if judge(key) is not None:
            named.add(call_id)
            if is_caller or is_callee or not is_shown:
                spoke.add(call_id)
    return named, spoke


def held(ids: Iterable[int]) -> int:
    return Hold.objects.filter(call_id__in=list(ids)).count()


@transaction.atomic
def erase(call_id: int, rows: Sequence[tuple[Model, Key]], judge: Judge) -> Found:
    """Take the number out of a call and these rows of it; how many rows of which table changed."""
    done: Found = Counter()
    call = Call.objects.select_for_update(of=("self",)).select_related("account").filter(pk=call_id)
    locked = call.first()
    if locked is None:
        return done
    columns = dict(tables())
    belonging: list[tuple[Model, Key]] = [(Call, call_id)]
    belonging += [one for one in rows if one[0] is not Call]
    for model, key in belonging:
        if scrub(model, key, columns[model], judge):
            done[model._meta.db_table] += 1
            if model in {Event, Recording}:
                _name_anew(model, key, locked.account.default_region)
    parties = Party.objects.filter(call=call_id).count()
    handles.rebuild(list(Call.objects.filter(pk=call_id)))
    done[Party._meta.db_table] += parties
    return done


def _name_anew(model: Model, key: object, region: str) -> None:
    """What tells events and recordings apart was worked out from the number as well. It is worked
    out anew, so that nobody can try numbers on it, and a repeat is still known for one."""
    row = model._default_manager.get(pk=key)
    if isinstance(row, Event):
        number = search_key(row.number, region)
        name = event_key(row.kind, row.at, number, row.party, row.digits)
    elif isinstance(row, Recording):
        name = recording_key(row.track, row.object_name or row.address)
    else:
        return
    if not model._default_manager.filter(call=row.call_id, key=name).exists():
        model._default_manager.filter(pk=key).update(key=name)


def silence(ids: Iterable[int]) -> int:
    """Delete the recordings of calls in which the person spoke; how many there were."""
    sentence = _("Deleted: the number of somebody who is heard on it was erased.")
    sounds = Sound.objects.filter(call__in=list(ids))
    files = list(sounds.exclude(name="").defer("peaks"))
    sounds.update(state=SoundState.PRUNED, problem=sentence, next_try_at=None, claimed_at=None)
    for sound in files:
        parting.delete_files(sound)
    return len(files)


def in_tallies(judge: Judge) -> list[tuple[object, ...]]:
    """The tallies of a shown number, or of a task that is called by it."""
    rows = SubjectTally.objects.order_by().values_list("pk")
    return [
        row[0] for row in rows.iterator(chunk_size=2_000) if _value(row[0], judge) != row[0][-1]
    ]


def _value(key: Sequence[str], judge: Judge) -> str:
    return replaced(str(key[-1]), judge)


@transaction.atomic
def move_tally(key: tuple[object, ...], judge: Judge) -> None:
    """The sums stay, under the name that the number's calls have now."""
    row = SubjectTally.objects.select_for_update().filter(pk=key).first()
    if row is None:
        return
    new = (*key[:-1], replaced(str(key[-1]), judge))
    names = (*SUMS, "answered")
    there = SubjectTally.objects.filter(pk=new)
    if there.update(**{name: F(name) + getattr(row, name) for name in names}):
        SubjectTally.objects.filter(pk=key).delete()
    else:
        SubjectTally.objects.filter(pk=key).update(value=new[-1])


def in_references(judge: Judge) -> set[int]:
    rows = Reference.objects.order_by().values_list("call_id", "value")
    return {pk for pk, value in rows.iterator(chunk_size=2_000) if replaced(value, judge) != value}
