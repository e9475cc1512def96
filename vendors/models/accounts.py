"""Accounts with vendors: who may push, and the secrets of both sides."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models import Account
from vendors import vault

LEAST_CALL_DAYS = 8  # vendors repeat, and make up for what failed, within seven


def _days(label: Any, help_text: Any, least: int = 1) -> Any:
    """How long something is kept; None is for ever."""
    return models.PositiveIntegerField(
        label,
        null=True,
        blank=True,
        help_text=help_text,
        validators=[MinValueValidator(least), MaxValueValidator(99_999)],
    )


class VendorAccount(Account):
    """An account with a vendor: its push addresses, its credentials, who may push to it."""

    is_enabled = models.BooleanField(
        _("enabled"),
        default=True,
        help_text=_("A disabled account refuses pushes and keeps everything it has."),
    )
    allowed_ips = models.JSONField(
        _("allowed addresses"),
        default=list,
        blank=True,
        help_text=_("Addresses or networks (CIDR) that may push; empty: any."),
    )
    recording_hosts = models.JSONField(
        _("recording hosts"),
        default=list,
        blank=True,
        help_text=_("Hosts that recordings may be fetched from, beside the vendor's own."),
    )
    recording_days = _days(
        _("keep recordings for (days)"),
        _("Empty: for ever. A call that is held keeps its recordings."),
    )
    push_days = _days(
        _("keep bodies of pushes for (days)"),
        _(
            "Empty: as long as the calls and dialogs that they tell of. That a push came, and its "
            "fingerprint, stay for ever: a repeat is still known for one."
        ),
    )
    call_days = _days(
        _("keep calls for (days)"),
        _(
            "Empty: for ever. Everything that hangs on a call goes with it; figures of its day "
            "stay. A call that is held stays."
        ),
        least=LEAST_CALL_DAYS,
    )
    dialog_days = _days(
        _("keep the texts of dialogs for (days)"),
        _("Empty: as long as the call. The call and the steps of its dialog stay, without words."),
        least=LEAST_CALL_DAYS,
    )
    pushes_per_second = models.PositiveIntegerField(
        _("most pushes in a second"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Empty: any number. Each web process counts for itself; beyond it the vendor hears 503 "
            "and is to try again. Huawei does not repeat status pushes: leave it empty there."
        ),
    )
    options = models.JSONField(_("options"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("vendor account")
        verbose_name_plural = _("vendor accounts")


class PushToken(models.Model):
    """The secret part of an account's push addresses. During a rotation two are live."""

    account = models.ForeignKey(VendorAccount, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    sealed = vault.SealedField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("push token")
        verbose_name_plural = _("push tokens")

    def __str__(self) -> str:
        return f"token of account {self.account_id}"

    @property
    def token(self) -> str:
        return vault.unseal(self.sealed)


class Credential(models.Model):
    """A secret of an account, encrypted. During a rotation two of one key are live."""

    account = models.ForeignKey(VendorAccount, on_delete=models.CASCADE, related_name="credentials")
    key = models.CharField(max_length=32)
    sealed = vault.SealedField()
    last_four = models.CharField(max_length=4)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["key", "-created_at", "-id"]
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")

    def __str__(self) -> str:
        return f"{self.key} ····{self.last_four}"

    @property
    def secret(self) -> str:
        return vault.unseal(self.sealed)
