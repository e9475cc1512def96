"""What staff write on calls: notes and tags. Every act leaves a row in ``Change``, which stays."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from calls import masking
from calls.audit import Action, record
from calls.models import Call, Change, Note, Tag
from calls.written import plain, tag_name

WRITE, EDIT, DELETE = "calls.add_note", "calls.change_note", "calls.delete_note"
TAG, UNTAG = "calls.add_tag", "calls.delete_tag"

LONGEST_NOTE = 4000
LONGEST_TAG = 40
MOST_NOTES = 200
MOST_TAGS = 20
MOST_CHANGES = 100
SUGGESTED = 30
LATEST = 2000  # tags that are looked through for suggestions
_ACTIONS = {
    Change.Act.WROTE: Action.NOTE_WRITTEN,
    Change.Act.EDITED: Action.NOTE_EDITED,
    Change.Act.DELETED: Action.NOTE_DELETED,
    Change.Act.TAGGED: Action.TAG_ADDED,
    Change.Act.UNTAGGED: Action.TAG_REMOVED,
}
TWICE = timedelta(minutes=1)  # the same words within it are a double click


def may_edit(user: Any, note: Note) -> bool:
    """Only the author edits, and nobody through a mask: saving would lose what is behind it."""
    is_author = note.by_id is not None and note.by_id == user.pk
    return is_author and user.has_perm(EDIT) and masking.text(note.text) == note.text


def may_delete(user: Any, note: Note) -> bool:
    is_author = note.by_id is not None and note.by_id == user.pk
    return user.has_perm(DELETE) or (is_author and user.has_perm(EDIT))


def write(user: Any, call: Call, text: str, request: HttpRequest | None = None) -> None:
    """Put a note on a call. Raises ValidationError where it cannot stand as it is."""
    words = _words(text)
    with transaction.atomic():
        notes = Note.objects.filter(call=_locked(call))
        if notes.filter(by=user, text=words, at__gt=timezone.now() - TWICE).exists():
            return
        if notes.count() >= MOST_NOTES:
            raise ValidationError(
                _("A call has at most %(most)d notes. Delete one that is no longer needed.")
                % {"most": MOST_NOTES}
            )
        Note.objects.create(call=call, by=user, by_name=user.get_username(), text=words)
        _note_down(user, request, call, Change.Act.WROTE, after=words)


def edit(
    user: Any, call: Call, note: Note, text: str, seen: str, request: HttpRequest | None = None
) -> None:
    """Let a note say something else. ``seen`` is the version that its author began with."""
    if not may_edit(user, note):
        raise PermissionDenied
    words = _words(text)
    if words == note.text:
        return
    with transaction.atomic():
        current = Note.objects.filter(pk=note.pk, text=note.text)
        is_as_seen = seen == version(note)
        if not (is_as_seen and current.update(text=words, edited_at=timezone.now())):
            raise ValidationError(
                _("This note was changed meanwhile. Load the page anew to see what it says now.")
            )
        _note_down(user, request, call, Change.Act.EDITED, before=note.text, after=words)


def version(note: Note) -> str:
    """What tells two states of a note apart."""
    return (note.edited_at or note.at).isoformat()


def delete(user: Any, call: Call, note: Note, request: HttpRequest | None = None) -> None:
    """Take a note away. What it said stays in the history."""
    if not may_delete(user, note):
        raise PermissionDenied
    with transaction.atomic():
        _note_down(user, request, call, Change.Act.DELETED, before=note.text)
        note.delete()


def tag(user: Any, call: Call, text: str, request: HttpRequest | None = None) -> str:
    """Put a tag on a call; the tag as it is kept. One that is there already changes nothing."""
    name = tag_name(text)
    if not name:
        raise ValidationError(_("A tag needs at least one letter or digit."))
    if len(name) > LONGEST_TAG:
        raise ValidationError(
            _("A tag has at most %(most)d letters; this one has %(count)d.")
            % {"most": LONGEST_TAG, "count": len(name)}
        )
    with transaction.atomic():
        tags = Tag.objects.filter(call=_locked(call))
        if tags.filter(name=name).exists():
            return name
        if tags.count() >= MOST_TAGS:
            raise ValidationError(
                _("A call has at most %(most)d tags. Remove one first.") % {"most": MOST_TAGS}
            )
        Tag.objects.create(call=call, name=name)
        _note_down(user, request, call, Change.Act.TAGGED, after=name)
    return name


def untag(user: Any, row: Tag, request: HttpRequest | None = None) -> None:
    with transaction.atomic():
        count, _rows = Tag.objects.filter(pk=row.pk).delete()
        if count:
            _note_down(user, request, row.call, Change.Act.UNTAGGED, before=row.name)


def suggestions() -> list[str]:
    """The tags that were used most of late."""
    latest = Tag.objects.order_by("-id").values("pk")[:LATEST]
    used = Tag.objects.filter(pk__in=latest).order_by().values_list("name")
    return [
        name for name, _count in used.annotate(n=Count("pk")).order_by("-n", "name")[:SUGGESTED]
    ]


def _words(text: str) -> str:
    words = plain(text).strip()
    if not words:
        raise ValidationError(_("The note is empty. Write something first."))
    if len(words) > LONGEST_NOTE:
        raise ValidationError(
            _("A note has at most %(most)d letters; this one has %(count)d.")
            % {"most": LONGEST_NOTE, "count": len(words)}
        )
    return words


def _locked(call: Call) -> Call:
    """The call, for whose notes and tags others wait: two of them count correctly."""
    return Call.objects.select_for_update().only("pk").get(pk=call.pk)


def _note_down(
    user: Any,
    request: HttpRequest | None,
    call: Call,
    act: Change.Act,
    before: str = "",
    after: str = "",
) -> None:
    """What was written stands in the history of the call; the audit says that it was."""
    Change.objects.create(
        call=call, by=user, by_name=user.get_username(), act=act, before=before, after=after
    )
    record(_ACTIONS[act], by=user, request=request, subject=f"call {call.pk}")
