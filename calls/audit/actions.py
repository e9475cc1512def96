"""What is recorded. A member's value stands in the database for ever; its label may change."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    """Named by the thing, then by what was done to it."""

    # What people looked at, heard and took away.
    NUMBERS_REVEALED = "numbers.revealed", _("Numbers of a call shown")
    RECORDING_PLAYED = "recording.played", _("Recording played")
    RECORDING_DOWNLOADED = "recording.downloaded", _("Recording downloaded")
    EXPORT_ASKED = "export.asked", _("Export asked for")
    EXPORT_CANCELLED = "export.cancelled", _("Export cancelled")
    EXPORT_DOWNLOADED = "export.downloaded", _("Export downloaded")
    REPORT_DOWNLOADED = "report.downloaded", _("Report downloaded")
    BILL_DROPPED = "bill.dropped", _("Bill dropped in")
    BILL_DELETED = "bill.deleted", _("Bill deleted")
    BILL_DOWNLOADED = "bill.downloaded", _("Comparison of a bill downloaded")
    MAILING_MADE = "mailing.made", _("Mailing made")
    MAILING_CHANGED = "mailing.changed", _("Mailing changed")
    MAILING_ASKED = "mailing.asked", _("Mailing sent now")
    MAILING_DELETED = "mailing.deleted", _("Mailing deleted")
    AUDIT_DOWNLOADED = "audit.downloaded", _("Audit downloaded")

    # What people wrote.
    NOTE_WRITTEN = "note.written", _("Note written")
    NOTE_EDITED = "note.edited", _("Note edited")
    NOTE_DELETED = "note.deleted", _("Note deleted")
    TAG_ADDED = "tag.added", _("Tag added")
    TAG_REMOVED = "tag.removed", _("Tag removed")
    CODE_NOTE_WRITTEN = "code_note.written", _("Note on a code written")
    CODE_NOTE_DELETED = "code_note.deleted", _("Note on a code deleted")
    VIEW_SHARED = "view.shared", _("Saved view shared")
    VIEW_UNSHARED = "view.unshared", _("Saved view no longer shared")

    # Pushes and recordings.
    HOLD_PLACED = "hold.placed", _("Call held")
    HOLD_LIFTED = "hold.lifted", _("Hold lifted")
    REFUSAL_RELEASED = "refusal.released", _("Refused push released")
    PUSHES_REPROCESSED = "pushes.reprocessed", _("Pushes processed again")
    REPROCESSING_CANCELLED = "pushes.reprocessing_cancelled", _("Processing again cancelled")
    RECORDINGS_FETCHED_AGAIN = "recordings.fetched_again", _("Recordings fetched again")
    DATA_PRUNED = "data.pruned", _("Old data deleted")
    NUMBER_ERASED = "number.erased", _("Number erased everywhere")
    NUMBER_LIFTED = "number.lifted", _("Erased number let in again")

    IMPORT_STARTED = "import.started", _("File of pushes imported")

    # Outbound calls.
    OUTBOUND_ASKED = "outbound.asked", _("Outbound call asked for")
    OUTBOUND_SETTLED = "outbound.settled", _("Outbound request settled")
    OUTBOUND_CANCELLED = "outbound.cancelled", _("Outbound request cancelled")
    OUTBOX_HELD = "outbox.held", _("All waiting outbound requests held")
    CALL_TERMINATED = "call.terminated", _("Call ended by us")
    QUEUE_RESUMED = "queue.resumed", _("Stopped queue resumed")

    # Accounts of vendors.
    ACCOUNT_MADE = "account.made", _("Account made")
    ACCOUNT_CHANGED = "account.changed", _("Account changed")
    ACCOUNT_ENABLED = "account.enabled", _("Account enabled")
    ACCOUNT_DISABLED = "account.disabled", _("Account disabled")
    ADDRESSES_ROTATED = "account.addresses_rotated", _("Push addresses changed")
    ADDRESSES_SHOWN = "account.addresses_shown", _("Push addresses shown")
    SECRET_ROTATED = "account.secret_rotated", _("Credential changed")
    CREDENTIALS_RESEALED = "credentials.resealed", _("Credentials sealed with a new key")
    ALARM_ACKNOWLEDGED = "alarm.acknowledged", _("Alarm acknowledged")
    ALARM_GIVEN_BACK = "alarm.given_back", _("Alarm no longer looked after")
    ALARM_SNOOZED = "alarm.snoozed", _("Alarm snoozed")
    ALARM_WOKEN = "alarm.woken", _("Snooze of an alarm ended")
    ALARM_TESTED = "alarm.tested", _("Test message of an alarm sent")

    # People and programs.
    USER_MADE = "user.made", _("User made")
    ROLES_GIVEN = "user.roles_given", _("Roles given")
    USER_ENABLED = "user.enabled", _("User enabled")
    USER_DISABLED = "user.disabled", _("User disabled")
    API_TOKEN_MADE = "api_token.made", _("API token made")
    API_TOKEN_REVOKED = "api_token.revoked", _("API token revoked")

    # Signing in.
    SIGNED_IN = "session.begun", _("Signed in")
    SIGNED_OUT = "session.left", _("Signed out")
    SESSIONS_ENDED = "session.ended", _("Sessions ended")
    SIGN_IN_FAILED = "sign_in.failed", _("Sign-in failed")
    LOCKED_OUT = "sign_in.locked", _("Sign-in locked")
    UNLOCKED = "sign_in.unlocked", _("Sign-in unlocked")
    SIGN_ON_CONNECTED = "sign_in.connected", _("Single sign-on connected")
    PASSWORD_CHANGED = "password.changed", _("Password changed")
    FACTOR_ADDED = "factor.added", _("Second factor added")
    FACTOR_REMOVED = "factor.removed", _("Second factor removed")
    FACTORS_RESET = "factor.reset", _("Second factors taken away by an administrator")
    RECOVERY_CODES_MADE = "factor.codes_made", _("Recovery codes made")
    RECOVERY_CODE_USED = "factor.code_used", _("Recovery code used")

    # Whatever is done in the admin.
    ADMIN_ADDED = "admin.added", _("Added in the admin")
    ADMIN_CHANGED = "admin.changed", _("Changed in the admin")
    ADMIN_DELETED = "admin.deleted", _("Deleted in the admin")

    # Figures, and the audit itself.
    TALLIES_REPAIRED = "tallies.repaired", _("Sums repaired")
    CALLS_REBILLED = "calls.rebilled", _("Billed time worked out anew")
    AUDIT_CHECKED = "audit.checked", _("Chain of the audit checked")
    BACKUP_MADE = "backup.made", _("Backup made")
    BACKUP_RESTORED = "backup.restored", _("Backup restored")
    AUDIT_PRUNED = "audit.pruned", _("Oldest audit entries removed")
    CHAIN_BROKEN = "audit.chain_broken", _("Chain of the audit found broken")


def label(action: str) -> str:
    """What an action is called; one that this version does not know is shown as it is kept."""
    return str(Action(action).label) if action in Action else action
