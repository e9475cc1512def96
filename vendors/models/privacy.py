"""What was deleted because its time was over, and whose numbers were erased."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vendors.models.accounts import VendorAccount
from vendors.vault import SealedField


class Kept(models.TextChoices):
    """What is kept for a time that its account sets."""

    RECORDINGS = "recordings", _("Recordings")
    DIALOGS = "dialogs", _("Texts of dialogs")
    PUSHES = "pushes", _("Bodies of pushes")
    REFUSALS = "refusals", _("Refused pushes")
    CALLS = "calls", _("Calls")
    REQUESTS = "requests", _("Outbound requests")
    BILLS = "bills", _("Bills")


class Pruning(models.Model):
    """What one night deleted of one kind, of one account; the row grows while it is done.

    ``ended_at`` is None until nothing was left, and it was written down in the audit.
    """

    account = models.ForeignKey(
        VendorAccount, on_delete=models.CASCADE, related_name="prunings", verbose_name=_("account")
    )
    kind = models.CharField(_("what"), max_length=10, choices=Kept)
    night = models.DateField(_("night"))
    days = models.PositiveIntegerField(_("kept for (days)"))
    count = models.PositiveBigIntegerField(_("how many"), default=0)
    size_bytes = models.PositiveBigIntegerField(_("bytes"), default=0)
    oldest_at = models.DateTimeField(_("oldest"), null=True)
    newest_at = models.DateTimeField(_("newest"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "night"], name="one_pruning_per_kind_and_night"
            )
        ]
        ordering = ["-night", "account", "kind"]
        verbose_name = _("deletion by age")
        verbose_name_plural = _("deletions by age")

    def __str__(self) -> str:
        return f"{self.kind} of account {self.account_id}, {self.night}"


class ErasureKey(models.Model):
    """One row: what the digests of erased numbers are made with, sealed.

    Numbers are few enough to try them all, so a digest without a key would give them away.
    """

    sealed = SealedField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "the key of erasures"


class Erasure(models.Model):
    """That a number was erased. Its digest lets the portal know the number again, and not say it.

    The row's own key stands in the place of the number: see ``vendors.erasing.listed``.
    """

    digest = models.CharField(max_length=64, unique=True)
    tail = models.CharField(
        max_length=64, help_text="Likewise of its last digits: others are told from it quickly."
    )
    erased_at = models.DateTimeField(_("erased"))
    last_at = models.DateTimeField(_("last done"))
    by_name = models.CharField(_("by"), max_length=150)

    class Meta:
        default_permissions = ("view",)
        ordering = ["-id"]
        verbose_name = _("erased number")
        verbose_name_plural = _("erased numbers")

    def __str__(self) -> str:
        return f"erasure {self.pk}"
