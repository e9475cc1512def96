"""The parameters of a request as people read them, before it is asked and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vendors import fields, stories
from vendors.adapters.outbound import Operation, Parameter


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A parameter: its name, and a text, a list of texts, or a list of blocks of lines."""

    key: str
    label: str
    text: str = ""
    items: Sequence[str] = ()
    blocks: Sequence[Sequence["Line"]] = ()


def lines(operation: Operation | None, values: Mapping[str, Any]) -> list[Line]:
    """Every parameter that was given, in the order of its operation."""
    return _lines(operation.parameters if operation else (), values)


def telling(operation: Operation, values: Mapping[str, Any]) -> list[Line]:
    """What is worth reading before a call is placed: not the parties, which stand above, and not
    what is as the vendor would have it anyway."""
    told = {operation.caller_key, operation.callee_key}
    defaults = {one.key: one.default for one in operation.parameters if one.default}
    return lines(
        operation,
        {
            key: value
            for key, value in values.items()
            if key not in told and str(value) != defaults.get(key)
        },
    )


def _lines(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> list[Line]:
    known = {one.key: one for one in parameters}
    keys = [key for key in known if key in values] + [key for key in values if key not in known]
    return [_line(key, known.get(key), values[key]) for key in keys]


def _line(key: str, one: Parameter | None, value: Any) -> Line:
    label = stories.label(one) if one else key
    if not isinstance(value, list):
        names = fields.named_values(one) if one else {}
        return Line(key=key, label=label, text=names.get(str(value), str(value)))
    if one is not None and one.parts:
        return Line(key=key, label=label, blocks=[_lines(one.parts, block) for block in value])
    return Line(key=key, label=label, items=[str(item) for item in value])
