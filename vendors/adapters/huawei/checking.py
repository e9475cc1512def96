"""Checks a whole set of parameters, and finds everything that is wrong with it at once."""

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vendors.adapters.huawei import rules
from vendors.adapters.huawei.rules import BrokenRuleError
from vendors.adapters.outbound import Complaint, Kind, Parameter, Parameters, WrongParametersError
from vendors.adapters.parsing import clean, shown, step

MOST_UNKNOWN = 20  # complaints about names; who gets more than these wrong reads none
LONGEST_NAME = 64

# How the documents themselves misprint names (tables 5-5 and 6-3).
_MISPRINTS = {
    "postOne": "posTone",
    "templatId": "templateId",
    "collectContentTriggerReplacing": "collectContentTriggerReplaying",
}

Broken = tuple[str, str, str]  # parameter, rule in Chinese, rule in English
Relation = Callable[[Mapping[str, Any], Collection[str]], Iterator[Broken]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """The parameters of an object, and the rules between them.

    A relation sees the values that are right by themselves and the names of those that are not.
    ``parts`` holds the forms of the objects in lists, ``fixed`` what is sent always.
    """

    parameters: tuple[Parameter, ...]
    relations: tuple[Relation, ...] = ()
    parts: Mapping[str, "Form"] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(one.key for one in self.parameters)


def check(form: Form, given: Parameters) -> dict[str, Any]:
    """The parameters as they are sent. Raises WrongParametersError."""
    sheet = _Sheet(form, "")
    sheet.read(given)
    if sheet.complaints:
        raise WrongParametersError(sheet.complaints)
    return {**sheet.right, **form.fixed}


def only_where(
    keys: tuple[str, ...], other: str, is_met: Callable[[Any], bool], zh: str, en: str
) -> Relation:
    """These parameters say nothing unless another one has a certain value."""

    def relation(right: Mapping[str, Any], wrong: Collection[str]) -> Iterator[Broken]:
        if other in wrong or is_met(right.get(other)):
            return
        for key in keys:
            if key in right:
                yield key, f"仅当 {other} {zh}时可填", f"expected only where {other} {en}"

    return relation


class _Sheet:
    """One object while it is checked: what is right, what is wrong, and every complaint."""

    def __init__(self, form: Form, path: str) -> None:
        self.right: dict[str, Any] = {}
        self.complaints: list[Complaint] = []
        self._form = form
        self._path = path
        self._wrong: set[str] = set()
        self._secret = {one.key for one in form.parameters if one.is_secret}

    def read(self, given: Any) -> None:
        if not isinstance(given, Mapping):
            self._complain("", "应为对象", "expected an object", given)
            return
        self._refuse_unknown(given)
        for one in self._form.parameters:
            value = given.get(one.key)
            if value is not None and not (isinstance(value, str) and not value.strip()):
                self._take(one, value)
            elif one.is_required:
                self._complain(one.key, "必填", "expected to be given", None)
        for relation in self._form.relations:
            for key, zh, en in list(relation(self.right, self._wrong)):
                self._complain(key, zh, en, given.get(key))

    def _refuse_unknown(self, given: Mapping[str, Any]) -> None:
        known = self._form.keys
        for name in [str(one) for one in given if one not in known][:MOST_UNKNOWN]:
            meant = _meant(name, known)
            self._complain(
                clean(name)[:LONGEST_NAME] or '""',
                f"没有此参数{f'，应写作 {meant}' if meant else ''}",
                f"expected {meant}" if meant else "expected a parameter of this operation",
                name,  # and not its value, which may be secret
            )
            self._wrong.add(meant)

    def _take(self, parameter: Parameter, value: Any) -> None:
        if parameter.kind in {Kind.PARTS, Kind.TEXTS}:
            self._take_list(parameter, value)
            return
        try:
            self.right[parameter.key] = rules.rule_of(parameter)(parameter, value)
        except BrokenRuleError as broken:
            self._complain(parameter.key, broken.zh, broken.en, value)

    def _take_list(self, parameter: Parameter, value: Any) -> None:
        least, most = parameter.least, parameter.most
        if not isinstance(value, list) or not least <= len(value) <= most:
            self._complain(
                parameter.key,
                f"应为 {least} 至 {most} 项的列表",
                f"expected a list of {least} to {most}",
                value,
            )
            return
        before = len(self.complaints)
        items = [
            self._item(parameter, f"{parameter.key}[{index}]", item)
            for index, item in enumerate(value)
        ]
        if len(self.complaints) == before:
            self.right[parameter.key] = items
        else:
            self._wrong.add(parameter.key)

    def _item(self, parameter: Parameter, key: str, item: Any) -> Any:
        if parameter.kind is Kind.PARTS:
            inner = _Sheet(self._form.parts[parameter.key], step(self._path, key))
            inner.read(item)
            self.complaints += inner.complaints
            return inner.right
        try:
            return rules.variable(item)
        except BrokenRuleError as broken:
            self._complain(key, broken.zh, broken.en, item)

    def _complain(self, key: str, zh: str, en: str, value: Any) -> None:
        self._wrong.add(key)
        self.right.pop(key, None)
        place = step(self._path, key) if key else self._path or "parameters"
        found = _hidden(value) if key in self._secret else _shown(value)
        self.complaints.append(Complaint(parameter=place, rule_zh=zh, rule_en=en, found=found))


def _meant(name: str, known: tuple[str, ...]) -> str:
    """The parameter that a wrong name was probably to be, or nothing."""
    right = _MISPRINTS.get(name)
    if right in known:
        return str(right)
    lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower()[:LONGEST_NAME], lower, 1)
    return lower[close[0]] if close else ""


def _shown(value: Any) -> str:
    """A value as a complaint quotes it; empty where there is none."""
    try:
        return "" if value is None else shown(value)
    except (TypeError, ValueError):  # what is no JSON, or a number of thousands of digits
        return type(value).__name__


def _hidden(value: Any) -> str:
    """How long a secret is, and no more."""
    if isinstance(value, str):
        return f'"{"*" * min(len(value), 12)}"'
    return "" if value is None else type(value).__name__
