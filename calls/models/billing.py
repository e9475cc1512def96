"""What becomes of calls when the way in which an account is billed changes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models.calls import Account


class Rebilling(models.Model):
    """That what an account's calls are billed is being worked out anew, and how far it is."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="rebillings")
    asked_at = models.DateTimeField(_("asked for"))
    calls_done = models.PositiveIntegerField(_("calls looked at"), default=0)
    last_call = models.BigIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(ended_at=None),
                name="one_rebilling_at_a_time",
            )
        ]
        ordering = ["-asked_at", "-id"]
        verbose_name = _("billing worked out anew")
        verbose_name_plural = _("billing worked out anew")

    def __str__(self) -> str:
        return f"rebilling {self.pk} of account {self.account_id}"
