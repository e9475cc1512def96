"""The outbox: what people and programs asked vendors to do, each try, and the account's queue."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from calls.models import ID_LENGTH, NUMBER_LENGTH, Call
from calls.numbers import masked, search_key
from vendors import vault
from vendors.models.accounts import VendorAccount


class RequestState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("request", "Waiting")
    SENDING = "sending", _("Sending")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    UNCERTAIN = "uncertain", _("Uncertain")
    GIVEN_UP = "given_up", _("Given up")
    CANCELLED = "cancelled", pgettext_lazy("request", "Cancelled")


class Why(models.TextChoices):
    """What brought a request into its state, as a sentence."""

    ASKED = "asked", _("It is sent as soon as the account's limits allow.")
    TRY_LATER = "try later", _("The vendor cannot take it now. It is tried again by itself.")
    NOT_REACHED = "not reached", _("The vendor's server was not reached. Nothing was sent.")
    WORKING_HOURS = "working hours", _("It waits for the end of the quiet hours.")
    ACCOUNT_FAULT = (
        "account fault",
        _("The vendor refuses the account, not this call. It is tried again, a few times at most."),
    )
    ANSWERED = "answered", _("The vendor accepted it.")
    HEARD = "heard", _("The vendor's pushes show that it was placed.")
    REFUSED = "refused", _("The vendor refused it: nothing was done.")
    WRONG_ADDRESS = (
        "wrong address",
        _(
            "Whatever answered is not the vendor's platform. Nobody was called. "
            "An administrator compares the account's base_url."
        ),
    )
    SETTING_MISSING = (
        "setting missing",
        _("A setting of the account is missing. An administrator sets it."),
    )
    NOT_OFFERED = "not offered", _("The account's vendor cannot be asked for this.")
    CALL_OVER = "call over", _("The call is over already.")
    DISABLED = "disabled", _("The account is disabled.")
    NEVER_CALL = "never call", _("The number is on the list of numbers that are never called.")
    QUIET_HOURS = "quiet hours", _("The account makes no calls at this hour.")
    TIMED_OUT = (
        "timed out",
        _("It was sent, and no answer came in time. The vendor may have acted on it."),
    )
    CUT = (
        "cut",
        _("It was sent, and the connection broke. The vendor may have acted on it."),
    )
    MALFORMED = (
        "malformed",
        _("It was sent, and the answer makes no sense. The vendor may have acted on it."),
    )
    INTERRUPTED = (
        "interrupted",
        _("The portal stopped while it was sending this. The vendor may have acted on it."),
    )
    SENT_BEFORE = (
        "sent before",
        _(
            "This machine remembers sending it, though the database does not: "
            "was a backup restored? It is not sent a second time."
        ),
    )
    HELD = "held", _("It was held, because it may have been sent already.")
    TOO_LATE = "too late", _("It could not be sent while it was still wanted.")
    TRIED_ENOUGH = "tried enough", _("It was tried as often as is sensible.")
    CANCELLED = "cancelled", _("It was cancelled before it was sent.")
    SAID_PLACED = "said placed", _("Somebody found out that it was placed.")
    SAID_NOT_PLACED = "said not placed", _("Somebody found out that it was not placed.")


SAFE_TO_REPEAT = (RequestState.REFUSED, RequestState.GIVEN_UP, RequestState.CANCELLED)


class OutboundRequest(models.Model):
    """Something that a vendor was asked to do, from the asking to the end of the call.

    ``parameters`` are the vendor's own, as they are sent but for the secret ones, which stand
    sealed and are cleared when they can no longer be needed. ``token`` travels in what the vendor
    echoes, so that a push settles a request whose answer was lost. ``call_id`` is the vendor's id
    of the call, its join with ``calls.Call``.
    """

    account = models.ForeignKey(
        VendorAccount, on_delete=models.PROTECT, related_name="requests", verbose_name=_("account")
    )
    operation = models.CharField(_("operation"), max_length=32)
    dials = models.BooleanField(default=True)
    parameters = models.JSONField(_("parameters"), default=dict)
    sealed_secrets = vault.SealedField(blank=True)
    digest = models.CharField(max_length=64)
    caller = models.CharField(_("caller"), max_length=NUMBER_LENGTH, blank=True)
    callee = models.CharField(_("called party"), max_length=NUMBER_LENGTH, blank=True)
    caller_key = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    callee_key = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    token = models.CharField(max_length=20, unique=True)
    idempotency_key = models.CharField(max_length=128, null=True)  # noqa: DJ001 - none are unlike
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_by_name = models.CharField(_("asked by"), max_length=150)
    asked_at = models.DateTimeField(_("asked"))
    from_call = models.ForeignKey(Call, on_delete=models.SET_NULL, null=True, related_name="+")
    again_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    waits_for_hours = models.BooleanField(default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=RequestState, default=RequestState.WAITING
    )
    why = models.CharField(_("reason"), max_length=16, choices=Why, default=Why.ASKED)
    next_try_at = models.DateTimeField(_("next try"))
    expires_at = models.DateTimeField(_("sent until"))
    tries = models.PositiveIntegerField(_("tries"), default=0)
    settled_at = models.DateTimeField(_("settled"), null=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    call_id = models.CharField(max_length=ID_LENGTH, blank=True)
    heard_at = models.DateTimeField(_("first push"), null=True)
    ended_at = models.DateTimeField(_("call ended"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "idempotency_key"], name="one_request_per_key"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], name="request_due", condition=Q(state="waiting")
            ),
            models.Index(fields=["id"], name="request_sending", condition=Q(state="sending")),
            models.Index(
                fields=["account", "id"],
                name="request_up",
                condition=Q(state="accepted", ended_at=None),
            ),
            models.Index(
                fields=["settled_at"], name="request_uncertain", condition=Q(state="uncertain")
            ),
            models.Index(fields=["account", "call_id"], name="request_by_call"),
            models.Index(fields=["-asked_at", "-id"], name="request_newest"),
            models.Index(fields=["callee_key", "-asked_at"], name="request_by_callee"),
            models.Index(fields=["caller_key", "-asked_at"], name="request_by_caller"),
        ]
        ordering = ["-asked_at", "-id"]
        verbose_name = _("outbound request")
        verbose_name_plural = _("outbound requests")

    def __str__(self) -> str:
        return f"request {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("outbound-request", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether the portal may still send it."""
        return self.state in {RequestState.WAITING, RequestState.SENDING}


class Attempt(models.Model):
    """One try at sending a request.

    ``written_at`` is committed directly before the first byte goes out: an attempt without it
    reached nobody. ``fault`` is why no answer came.
    """

    request = models.ForeignKey(OutboundRequest, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=20, blank=True)
    detail = models.TextField(blank=True)
    http_status = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=32, blank=True)
    description = models.TextField(blank=True)
    raw = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="one_row_per_attempt")
        ]
        ordering = ["request", "number"]
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return f"attempt {self.number} of request {self.request_id}"

    @property
    def milliseconds(self) -> int | None:
        """How long it took; None while it runs."""
        if self.ended_at is None:
            return None
        return round((self.ended_at - self.began_at).total_seconds() * 1000)


class OutboundQueue(models.Model):
    """How fast an account may be asked, and whether it is stopped. Locked by whoever claims."""

    account = models.OneToOneField(
        VendorAccount, on_delete=models.CASCADE, primary_key=True, related_name="queue"
    )
    next_slot_at = models.DateTimeField(null=True)
    faults_in_a_row = models.PositiveIntegerField(default=0)
    stopped_at = models.DateTimeField(_("stopped"), null=True)
    stopped_until = models.DateTimeField(_("stopped until"), null=True)
    stopped_status = models.CharField(max_length=8, blank=True)
    stopped_code = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = _("outbound queue")
        verbose_name_plural = _("outbound queues")

    def __str__(self) -> str:
        return f"queue of account {self.account_id}"


class NeverCall(models.Model):
    """A number that is never called: by one account, or by none at all."""

    account = models.ForeignKey(
        VendorAccount,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="never_call",
        verbose_name=_("account"),
        help_text=_("Empty: no account calls it."),
    )
    number = models.CharField(_("number"), max_length=NUMBER_LENGTH)
    key = models.CharField(max_length=NUMBER_LENGTH, editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)
    added_by = models.CharField(_("added by"), max_length=150, editable=False)
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="a_number_is_listed_once"),
            models.UniqueConstraint(
                fields=["key"],
                name="a_number_is_listed_once_for_all",
                condition=Q(account=None),
            ),
        ]
        indexes = [models.Index(fields=["key"], name="never_call_by_number")]
        ordering = ["-added_at", "-id"]
        verbose_name = _("number never to call")
        verbose_name_plural = _("numbers never to call")

    def __str__(self) -> str:
        return masked(self.number)

    def clean(self) -> None:
        """The form that numbers are compared in. Run by the admin and by ``full_clean``."""
        region = self.account.default_region if self.account else "CN"
        self.key = search_key(self.number, region)
        super().clean()
