"""The cells of the list: what stands in a column for a call, and the template that shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from calls.columns import Column, Kind
from calls.models import Call

TEMPLATES = {
    Kind.NUMBER: "number",
    Kind.WORDS: "words",
    Kind.MOMENT: "moment",
    Kind.SECONDS: "seconds",
    Kind.OUTCOME: "outcome",
    Kind.FLAG: "flag",
    Kind.GATHERED: "list",
    Kind.GATHERED_WORDS: "list",
}
WITH_A_TEMPLATE_OF_THEIR_OWN = {"vendor", "codes", "why"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    key: str
    label: str | Promise
    template: str
    value: Any = None
    values: Sequence[str] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    call: Call
    cells: Sequence[Cell]


def needs(columns: Iterable[Column]) -> list[str]:
    """What is to be fetched beside the calls for these columns."""
    keys = {column.key for column in columns}
    gathered = [column for column in columns if column.kind in {Kind.GATHERED, Kind.GATHERED_WORDS}]
    found = ["codes"] if keys & {"codes", "why", "outcome"} else []
    found += ["tags"] if "tags" in keys else []
    others = [one for one in gathered if one.key not in {"codes", "why", "tags"}]
    return [*found, "references"] if others else found


def row(call: Call, columns: Sequence[Column]) -> Row:
    # The first moment leads to the call; without one the first cell does, whatever it holds.
    lead = next((one.key for one in columns if one.key == "time"), "")
    return Row(call, [_cell(call, column, is_lead=column.key == lead) for column in columns])


def _cell(call: Call, column: Column, *, is_lead: bool) -> Cell:
    own = column.key in WITH_A_TEMPLATE_OF_THEIR_OWN
    name = column.key if own else TEMPLATES.get(column.kind, "text")
    return Cell(
        key=column.key,
        label=column.label,
        template=f"calls/cells/{name}.html",
        value=_value(call, column),
        values=_values(call, column) if name == "list" else (),
        address=call.get_absolute_url() if is_lead else "",
    )


def _value(call: Call, column: Column) -> Any:
    if column.kind is Kind.ACCOUNT:
        return call.account.name
    if not column.fields:
        return None
    value = getattr(call, column.fields[0])
    return column.labels.get(value, value) if column.kind is Kind.LABEL else value


def _values(call: Call, column: Column) -> list[str]:
    if column.key == "tags":
        return [tag.name for tag in call.tags.all()]
    return [one.value for one in call.references.all() if one.name == column.key]
