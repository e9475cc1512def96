"""The inbox, and what was turned away at the edge."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vendors import fingerprint
from vendors.adapters.base import Trust
from vendors.models.accounts import VendorAccount


class State(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")
    UNREADABLE = "unreadable", _("Unreadable")
    FAILED = "failed", _("Failed")


# Those that ask for somebody. SQLite takes a partial index for nothing but one of its own terms, so
# a query that is to use ``push_not_done`` says the same words.
NOT_DONE = (
    models.Q(state=State.WAITING.value)
    | models.Q(state=State.UNREADABLE.value)
    | models.Q(state=State.FAILED.value)
)

# Those that went wrong, in the same manner for ``push_troubled``.
TROUBLED = models.Q(state=State.UNREADABLE.value) | models.Q(state=State.FAILED.value)

TRUST_LABELS = {
    Trust.NOT_CHECKED: _("Not checked"),
    Trust.ABSENT: _("No signature"),
    Trust.VALID: _("Valid"),
    Trust.WRONG: _("Wrong"),
    Trust.STALE: _("Too old or too new"),
    Trust.MALFORMED: _("Malformed"),
    Trust.REPLAYED: _("Seen before"),
}
TRUST_CHOICES = [(trust.value, label) for trust, label in TRUST_LABELS.items()]


class Evidence(models.Model):
    """What a request at a push address was, as far as it may be kept."""

    kind = models.CharField(_("kind"), max_length=32)
    received_at = models.DateTimeField(_("received"))
    path = models.CharField(_("path"), max_length=255)
    query = models.TextField(_("query"), blank=True)
    headers = models.JSONField(_("headers"), default=dict)
    remote_address = models.CharField(_("sender"), max_length=64)
    trust = models.CharField(_("signature"), max_length=16, choices=TRUST_CHOICES)
    trust_form = models.CharField(_("matching formula"), max_length=64, blank=True)

    class Meta:
        abstract = True


class Push(Evidence):
    """A push that was kept: the inbox. The database is the queue; the broker only rings."""

    account = models.ForeignKey(VendorAccount, on_delete=models.PROTECT, related_name="pushes")
    body = models.BinaryField(_("body"))
    digest = models.BinaryField(max_length=32)
    size = models.PositiveIntegerField(_("bytes"))
    repeats = models.PositiveIntegerField(_("repeats"), default=0)
    last_repeated_at = models.DateTimeField(_("last repeated"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"))
    problem = models.TextField(_("problem"), blank=True)
    trouble = models.CharField(
        max_length=fingerprint.LONGEST,
        blank=True,
        default="",
        db_default="",
        help_text="What went wrong, without the particulars: of an unreadable or failed push.",
    )
    settled_at = models.DateTimeField(_("settled"), null=True)
    emptied_at = models.DateTimeField(
        _("body deleted"), null=True, help_text="What it said is gone; that it came is not."
    )
    call_ids = models.TextField(_("calls"), blank=True)  # keys, separated by blanks
    imported = models.ForeignKey(
        "vendors.Import",
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="pushes",
        db_index=False,
        db_constraint=False,
        verbose_name=_("import"),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "digest"], name="same_bytes_are_one_push")
        ]
        indexes = [
            # By account, so that what one of them left waiting is not in the way of the others.
            models.Index(
                fields=["account", "next_try_at", "id"],
                name="push_waiting_for",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["-received_at", "-id"], name="push_newest"),
            # Nearly all are done: those are found by the index above, the others by this one.
            models.Index(
                fields=["state", "-received_at"], name="push_not_done", condition=NOT_DONE
            ),
            models.Index(fields=["account", "-received_at"], name="push_by_account"),
            # Troubles are counted from this index alone, however many pushes are done.
            models.Index(
                fields=["account", "kind", "state", "trouble", "-received_at", "id"],
                name="push_troubled",
                condition=TROUBLED,
            ),
        ]
        ordering = ["-id"]
        verbose_name = _("push")
        verbose_name_plural = _("pushes")

    def __str__(self) -> str:
        return f"push {self.pk}"

    def text(self) -> str:
        """The body as text, as well as it can be shown."""
        return bytes(self.body).decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


class Reason(models.TextChoices):
    SIGNATURE = "signature", _("The signature did not match")
    ADDRESS = "address", _("The sender's address is not on the account's list")
    DISABLED = "disabled", _("The account is disabled")
    RATE = "rate", _("The account pushed more in a second than it may")


class RefusedPush(Evidence):
    """A push that was turned away: a bounded trace, and for signatures the body in quarantine."""

    account = models.ForeignKey(VendorAccount, on_delete=models.CASCADE, related_name="refused")
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    body = models.BinaryField(_("body"), null=True)
    size = models.PositiveIntegerField(_("bytes"))
    released_at = models.DateTimeField(_("released"), null=True)
    released_by = models.CharField(_("released by"), max_length=150, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "remote_address", "-id"], name="refused_by_sender")
        ]
        ordering = ["-id"]
        verbose_name = _("refused push")
        verbose_name_plural = _("refused pushes")

    def __str__(self) -> str:
        return f"refused push {self.pk}"


class SeenNonce(models.Model):
    """A nonce of a signed push, remembered for as long as its signature would be accepted."""

    account = models.ForeignKey(VendorAccount, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "digest"], name="a_nonce_is_used_once")
        ]
        indexes = [models.Index(fields=["seen_at"], name="nonce_by_age")]

    def __str__(self) -> str:
        return f"nonce of account {self.account_id}"
