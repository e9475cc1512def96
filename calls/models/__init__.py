"""Calls and all that belongs to them. What pushes say is written by ``calls.ingest`` alone."""

from calls.models.audit import AppendOnlyError, AuditAnchor, AuditEntry
from calls.models.billing import Rebilling
from calls.models.bills import Bill, BillColumns, BillRow, Verdict
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
from calls.models.mailings import Mail, Mailing
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
from calls.models.tallies import Grain, Subject, SubjectTally, Sums, Tally

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
    "AppendOnlyError",
    "AuditAnchor",
    "AuditEntry",
    "Bill",
    "BillColumns",
    "BillRow",
    "Call",
    "CallCode",
    "Change",
    "CodeEqual",
    "CodeMeaning",
    "CodeNote",
    "Dialog",
    "Event",
    "Export",
    "Grain",
    "Hearing",
    "Hold",
    "Leg",
    "Mail",
    "Mailing",
    "Note",
    "Party",
    "Preferences",
    "Rebilling",
    "Recording",
    "Reference",
    "Reveal",
    "SavedView",
    "Side",
    "Sound",
    "SoundState",
    "Spoken",
    "Subject",
    "SubjectTally",
    "Sums",
    "Tag",
    "Tally",
    "Turn",
    "Verdict",
]
