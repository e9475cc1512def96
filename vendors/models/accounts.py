"""Accounts with vendors: who may push, and the secrets of both sides."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models import Account
from vendors import vault


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
    recording_days = models.PositiveIntegerField(
        _("keep recordings for (days)"),
        null=True,
        blank=True,
        help_text=_("Empty: for ever. A call that is held keeps its recordings."),
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
    sealed = models.TextField()
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
    sealed = models.TextField()
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
