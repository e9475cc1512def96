"""A dialog as a conversation: its lines, its way through the script, and words found in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from calls import codes, masking, players
from calls.models import Call, CodeMeaning, Turn

LONGEST_FIND = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A turn of a dialog, numbered from one, with what the type of its node means, when it is
    spoken, and whether the words that are looked for are in it. ``label`` is empty where it is
    that of the turn before."""

    number: int
    turn: Turn
    node: CodeMeaning | None
    moments: players.Moments
    label: str
    is_found: bool

    @property
    def ids(self) -> dict[str, Any]:
        """What the vendor calls this step, and what of it has no place in the conversation."""
        turn = self.turn
        known: dict[str, Any] = {
            "node_id": turn.node_id,
            "node_type": turn.node_type,
            "content_id": turn.content_id,
            "question_id": turn.question_id,
        }
        shown = {name: text for name, text in known.items() if text}
        if hits := [hit for hit in turn.hits if set(hit) - {"text", "picked"}]:
            shown["hits"] = hits
        return shown | dict(turn.extra)


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    lines: Sequence[Line]
    path: Sequence[Line]
    find: str

    @property
    def found(self) -> list[Line]:
        return [line for line in self.lines if line.is_found]


def read(
    call: Call, turns: Sequence[Turn], recordings: players.Recordings | None, find: str
) -> Conversation:
    """A dialog, and where in it some words are."""
    main = recordings.main if recordings else None
    seconds = main.sound.seconds if main and main.sound else None
    moments = players.moments(call, turns, seconds)
    labels = ["", *(turn.label for turn in turns)][: len(turns)]
    looked_for = find.strip()[:LONGEST_FIND]
    lines = [
        Line(
            number=number,
            turn=turn,
            node=codes.explain(f"{call.vendor}.node-type", turn.node_type),
            moments=spoken,
            label=turn.label if turn.label != before else "",
            is_found=bool(looked_for) and _says(turn, looked_for),
        )
        for number, (turn, spoken, before) in enumerate(zip(turns, moments, labels, strict=True), 1)
    ]
    return Conversation(lines=lines, path=_path(lines), find=looked_for)


def _path(lines: Sequence[Line]) -> list[Line]:
    """The first line at each node, in the order in which the dialog went through them."""
    named = [line for line in lines if line.turn.node_name]
    return [next(at_node) for _, at_node in groupby(named, key=lambda line: line.turn.node_name)]


def _says(turn: Turn, find: str) -> bool:
    """Whether the words are anywhere in what is shown of a turn, as the reader sees it."""
    shown = [turn.text_robot, turn.text_customer, turn.node_name, turn.label]
    shown += [turn.tag_name, turn.tag_desc, *(str(hit.get("text") or "") for hit in turn.hits)]
    return any(_pattern(find).search(masking.text(one)) for one in shown)


def _pattern(find: str) -> re.Pattern[str]:
    return re.compile(re.escape(find), re.IGNORECASE)


def mark(text: str, find: str) -> SafeString:
    """A text as HTML, in which the words that are looked for are marked."""
    if not find:
        return SafeString(escape(text))
    shown, end = [], 0
    for match in _pattern(find).finditer(text):
        shown += [escape(text[end : match.start()]), f"<mark>{escape(match[0])}</mark>"]
        end = match.end()
    return mark_safe("".join([*shown, escape(text[end:])]))  # noqa: S308  # each part is escaped
