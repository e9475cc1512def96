"""The form of an operation: a field for each of its parameters, whatever its vendor calls them.

A field is named for the place of its parameter, such as ``p.playInfoList[0].notifyVoice``: on the
page, in an address that fills the form in, and in a complaint without the ``p.``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import QueryDict

from vendors import stories
from vendors.adapters.outbound import Complaint, Kind, Operation, Parameter
from vendors.fields import PREFIX, Block, Field, Form, Group, Problem, anchor

Typed = Mapping[str, Any]  # by key: a text, a list of texts, or a list of such mappings


def draw(
    operation: Operation,
    typed: Typed,
    complaints: Sequence[Complaint] = (),
    offers: Mapping[str, Sequence[str]] | None = None,
    grown: str = "",
) -> Form:
    """The form with what was typed. ``offers`` are values to choose from, by key; ``grown`` is the
    list that is to have one more block."""
    drawing = _Drawing(complaints, offers or {}, grown)
    # Whom to call is what people come with; the rest keeps the vendor's order.
    ordered = sorted(operation.parameters, key=lambda one: one.kind is not Kind.NUMBER)
    usual, rare = drawing.fields(ordered, typed, "")
    return Form(usual=usual, rare=rare, problems=drawing.problems())


class _Drawing:
    """What is known while a form is drawn: where each complaint belongs, and which have a home."""

    def __init__(
        self, complaints: Sequence[Complaint], offers: Mapping[str, Sequence[str]], grown: str
    ) -> None:
        self._complaints = complaints
        self._offers = offers
        self._grown = grown
        self._labels: dict[str, str] = {}

    def fields(
        self, parameters: Sequence[Parameter], typed: Typed, path: str
    ) -> tuple[list[Field | Group], list[Field]]:
        usual: list[Field | Group] = []
        rare: list[Field] = []
        for one in parameters:
            place = f"{path}.{one.key}" if path else one.key
            self._labels[place] = stories.label(one)
            if one.kind is Kind.PARTS:
                usual.append(self._group(one, typed.get(one.key) or [], place))
            else:
                (rare if one.is_rare else usual).append(self._field(one, typed, place))
        return usual, rare

    def _field(self, one: Parameter, typed: Typed, place: str) -> Field:
        value = typed.get(one.key, "")
        return Field(
            parameter=one,
            place=place,
            value="" if one.is_secret else "\n".join(value) if _is_list(value) else str(value),
            errors=self._errors(place),
            offers=self._offers.get(one.key, ()),
        )

    def _group(self, one: Parameter, typed: Sequence[Typed], place: str) -> Group:
        wanted = max(1, len(typed)) + (self._grown == one.key)
        count = min(wanted, max(one.most, len(typed)))
        blocks = []
        for index in range(count):
            path = f"{place}[{index}]"
            self._labels[path] = f"{stories.label(one)} {index + 1}"
            usual, rare = self.fields(one.parts, typed[index] if index < len(typed) else {}, path)
            plain = [field for field in usual if isinstance(field, Field)]
            blocks.append(
                Block(
                    number=index + 1, place=path, errors=self._errors(path), usual=plain, rare=rare
                )
            )
        return Group(parameter=one, place=place, errors=self._errors(place), blocks=blocks)

    def _errors(self, place: str) -> list[str]:
        """What is wrong at a place, or within it where nothing is drawn: in a line of a list."""
        lines = re.compile(rf"{re.escape(place)}\[\d+\]")
        has_blocks = f"{place}[0]" in self._labels
        return [
            stories.sentence(one)
            for one in self._complaints
            if one.parameter == place or (not has_blocks and lines.fullmatch(one.parameter))
        ]

    def problems(self) -> list[Problem]:
        found = []
        for one in self._complaints:
            home = next((place for place in _upwards(one.parameter) if place in self._labels), "")
            found.append(
                Problem(
                    label=self._labels.get(home, one.parameter),
                    sentence=stories.sentence(one),
                    anchor=anchor(home) if home else "",
                )
            )
        return found


def _upwards(place: str) -> Iterator[str]:
    """A place, and those that it is within: ``a[0].b[1]``, ``a[0].b``, ``a[0]``, ``a``."""
    while place:
        yield place
        place = place[: max(place.rfind("."), place.rfind("["), 0)]


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def read(operation: Operation, given: QueryDict) -> dict[str, Any]:
    """What was typed. Fields and blocks that were left empty are not there."""
    return _read(operation.parameters, given, "")


def _read(parameters: Sequence[Parameter], given: QueryDict, path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in parameters:
        place = f"{path}.{one.key}" if path else one.key
        text = given.get(PREFIX + place, "").strip()
        value: Any = text
        if one.kind is Kind.PARTS:
            blocks = [_read(one.parts, given, f"{place}[{index}]") for index in range(one.most)]
            value = [block for block in blocks if block]
        elif one.kind is Kind.TEXTS:
            value = [line for line in text.splitlines() if line.strip()]
        if value:
            found[one.key] = value
    return found


def pairs(typed: Typed, path: str = "") -> Iterator[tuple[str, str]]:
    """What was typed as names and texts of fields, secrets among them."""
    for key, value in typed.items():
        place = f"{path}.{key}" if path else key
        if not _is_list(value):
            yield PREFIX + place, str(value)
        elif all(isinstance(item, str) for item in value):
            yield PREFIX + place, "\n".join(value)
        else:
            for index, block in enumerate(value):
                yield from pairs(block, f"{place}[{index}]")
