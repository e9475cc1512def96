"""What a call's page shows of the notes and tags on it, and what its reader may do with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from calls import notes
from calls.models import Call, Change, Note, Tag


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """What somebody sent that cannot be kept as it is, and why. ``note`` is the one they edit."""

    text: str
    problem: str
    note: int | None = None
    is_tag: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A note, and what its reader may do with it."""

    note: Note
    may_edit: bool
    may_delete: bool
    typed: Typed | None

    @property
    def version(self) -> str:
        return notes.version(self.note)


@dataclass(frozen=True, kw_only=True, slots=True)
class Notebook:
    """``said`` is a sentence about what was just done."""

    pages: Sequence[Page]
    tags: Sequence[Tag]
    changes: Sequence[Change]
    suggestions: Sequence[str]
    may_write: bool
    may_tag: bool
    may_untag: bool
    typed: Typed | None
    said: str


def read(user: Any, call: Call, typed: Typed | None = None, said: str = "") -> Notebook:
    may_tag = user.has_perm(notes.TAG)
    edited = typed.note if typed else None
    return Notebook(
        pages=[
            Page(
                note=note,
                may_edit=notes.may_edit(user, note),
                may_delete=notes.may_delete(user, note),
                typed=typed if edited == note.pk else None,
            )
            for note in call.notes.all()
        ],
        tags=list(call.tags.all()),
        changes=list(call.changes.all()[: notes.MOST_CHANGES]),
        suggestions=notes.suggestions() if may_tag else [],
        may_write=user.has_perm(notes.WRITE),
        may_tag=may_tag,
        may_untag=user.has_perm(notes.UNTAG),
        typed=typed if edited is None else None,
        said=said,
    )
