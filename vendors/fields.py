"""What a form of an operation consists of: fields, blocks of them, and what is wrong."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from vendors import stories
from vendors.adapters.outbound import Kind, Parameter

PREFIX = "p."
_INPUTS = {Kind.NUMBER: "tel", Kind.SHOWN_NUMBER: "tel", Kind.WHOLE: "number"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One parameter to fill in. The value of a secret is never among what is drawn."""

    parameter: Parameter
    place: str
    value: str = ""
    errors: Sequence[str] = ()
    offers: Sequence[str] = ()

    @property
    def name(self) -> str:
        return PREFIX + self.place

    @property
    def id(self) -> str:
        return anchor(self.place)

    @property
    def label(self) -> str:
        return stories.label(self.parameter)

    @property
    def help(self) -> str:
        return stories.help_of(self.parameter)

    @property
    def kind(self) -> str:
        """The input's type. What is no number stays in a text field, or nobody would see it."""
        kind = _INPUTS.get(self.parameter.kind, "text")
        return "text" if kind == "number" and not self.value.isdecimal() and self.value else kind

    @property
    def is_list(self) -> bool:
        return self.parameter.kind is Kind.TEXTS

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What can be chosen, the vendor's own way first where there is one."""
        named = named_values(self.parameter)
        if not named:
            return []
        default = self.parameter.default
        if default:
            nothing = _("As the platform does (%(what)s)") % {"what": named.get(default, default)}
        else:
            nothing = _("Choose…") if self.parameter.is_required else _("Not given")
        return [("", nothing), *named.items()]

    @property
    def is_changed(self) -> bool:
        return bool(self.errors) or self.value not in {"", self.parameter.suggested}


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One of several alike, such as a piece of what is played."""

    number: int
    place: str
    errors: Sequence[str]
    usual: Sequence[Field]
    rare: Sequence[Field]

    @property
    def id(self) -> str:
        return anchor(self.place)

    @property
    def shows_rare(self) -> bool:
        return any(field.is_changed for field in self.rare)


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A parameter that is a list of blocks."""

    parameter: Parameter
    place: str
    errors: Sequence[str]
    blocks: Sequence[Block]

    @property
    def id(self) -> str:
        return anchor(self.place)

    @property
    def label(self) -> str:
        return stories.label(self.parameter)

    @property
    def help(self) -> str:
        return stories.help_of(self.parameter)

    @property
    def can_grow(self) -> bool:
        return len(self.blocks) < self.parameter.most


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A complaint, and the field to mend; no field where none has its place."""

    label: str
    sentence: str
    anchor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    usual: Sequence[Field | Group]
    rare: Sequence[Field]
    problems: Sequence[Problem]

    @property
    def shows_rare(self) -> bool:
        return any(field.is_changed for field in self.rare)


def anchor(place: str) -> str:
    """The id of a field, as it may stand in an address."""
    return "p-" + re.sub(r"[^A-Za-z0-9]+", "-", place).strip("-")


def named_values(one: Parameter) -> dict[str, str]:
    """The values that a parameter may have, each with its name; none where it may have any."""
    if one.kind is Kind.SWITCH:
        return {"true": _("yes"), "false": _("no")}
    return {choice.value: stories.label(choice) for choice in one.choices}
