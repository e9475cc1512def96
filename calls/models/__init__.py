"""Calls and all that belongs to them. What pushes say is written by ``calls.ingest`` alone."""

from calls.models.calls import Account, Call, CallCode, Event, Leg, Party, Reference
from calls.models.codes import CodeEqual, CodeMeaning, CodeNote, Side
from calls.models.dialogs import Dialog, Spoken, Turn
from calls.models.labels import (
    DIRECTION_LABELS,
    ID_LENGTH,
    NUMBER_LENGTH,
    OUTCOME_LABELS,
    PARTY_CHOICES,
    PARTY_LABELS,
    ROLE_LABELS,
    SERVICE_LABELS,
    STATE_CHOICES,
    STATE_LABELS,
    TRACK_LABELS,
)
from calls.models.people import (
    Change,
    Export,
    Note,
    Preferences,
    Reveal,
    SavedView,
    Tag,
)
from calls.models.recordings import STORAGE, Hearing, Hold, Recording, Sound, SoundState

__all__ = [
    "DIRECTION_LABELS",
    "ID_LENGTH",
    "NUMBER_LENGTH",
    "OUTCOME_LABELS",
    "PARTY_CHOICES",
    "PARTY_LABELS",
    "ROLE_LABELS",
    "SERVICE_LABELS",
    "STATE_CHOICES",
    "STATE_LABELS",
    "STORAGE",
    "TRACK_LABELS",
    "Account",
    "Call",
    "CallCode",
    "Change",
    "CodeEqual",
    "CodeMeaning",
    "CodeNote",
    "Dialog",
    "Event",
    "Export",
    "Hearing",
    "Hold",
    "Leg",
    "Note",
    "Party",
    "Preferences",
    "Recording",
    "Reference",
    "Reveal",
    "SavedView",
    "Side",
    "Sound",
    "SoundState",
    "Spoken",
    "Tag",
    "Turn",
]
