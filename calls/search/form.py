"""A search as the fields of a form: the form reads it back, and sends it as an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from calls.search import FILTERS, Search
from calls.search.clauses import MINUS
from calls.search.filters import Filter, MomentFilter
from calls.search.reading import ComplaintError

FIRST, OUTCOME, NONE = "first", "outcome", "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One filter in the form. ``hidden`` are values that its inputs cannot show."""

    name: str
    label: str
    kind: str
    hint: str
    values: tuple[str, ...]
    options: tuple[Option, ...]
    hidden: tuple[tuple[str, str], ...]
    is_negated: bool
    is_active: bool
    complaint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    name: str
    fields: Sequence[Field]
    is_active: bool


def groups(search: Search) -> list[Group]:
    """The form's groups of fields, in the order of the table."""
    found: dict[str, list[Field]] = {}
    for name, filter_ in FILTERS.items():
        if filter_.form != NONE:
            found.setdefault(filter_.group, []).append(_field(search, name, filter_))
    return [
        Group(name=name, fields=fields, is_active=any(field.is_active for field in fields))
        for name, fields in found.items()
    ]


def unshown(search: Search) -> list[tuple[str, str]]:
    """What the search says that the form has no field for, so that sending it loses nothing."""
    return [
        (clause.key, value)
        for clause in search.clauses.clauses
        if clause.name not in FILTERS or FILTERS[clause.name].form == NONE
        for value in clause.values
    ]


def _field(search: Search, name: str, filter_: Filter) -> Field:
    plain, negated = (_values(search, name, is_negated=one) for one in (False, True))
    is_negated = bool(negated) and not plain
    shown = list(negated if is_negated else plain)
    hidden = [] if is_negated else [(MINUS + name, value) for value in negated]
    options: list[Option] = []
    if choices := filter_.choices():
        known = {value.lower() for value in choices}
        options = [
            Option(
                value=value,
                label=str(label),
                is_chosen=value.lower() in {one.lower() for one in shown},
            )
            for value, label in choices.items()
        ]
        # An account may be named, and a vendor may be gone: what no option stands for stays.
        options += [
            Option(value=one, label=one, is_chosen=True)
            for one in shown
            if one.lower() not in known
        ]
    elif filter_.splits and shown:
        shown = [", ".join(shown)]
    elif isinstance(filter_, MomentFilter):
        hidden += [(name, value) for value in shown[1:]]
        shown = [_local(filter_, value) for value in shown[:1]]
    problems = [one.text for one in search.problems if one.name == name]
    return Field(
        name=name,
        label=str(filter_.label),
        kind=filter_.form,
        hint=filter_.hint,
        values=tuple(shown) or ("",),
        options=tuple(options),
        hidden=tuple(hidden),
        is_negated=is_negated,
        is_active=bool(plain or negated),
        complaint=problems[0] if problems else "",
    )


def _values(search: Search, name: str, *, is_negated: bool) -> tuple[str, ...]:
    return next(
        (
            clause.values
            for clause in search.clauses.clauses
            if clause.name == name and clause.is_negated is is_negated
        ),
        (),
    )


def _local(filter_: MomentFilter, value: str) -> str:
    """A moment as ``datetime-local`` wants it; empty where what was typed is none."""
    try:
        moment: datetime = filter_.moment(value)
        local = timezone.localtime(moment).replace(tzinfo=None)
    except (ComplaintError, OverflowError):
        return ""
    return local.isoformat(timespec="seconds" if local.second else "minutes")
