"""Reports and views that are e-mailed at fixed times, and what became of each mail."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models.people import Export, SavedView


class Mailing(models.Model):
    """A report, or a saved view of calls, that is e-mailed again and again.

    ``report`` is the query of the report's address. Without ``addresses`` it goes to its owner.
    """

    class Every(models.TextChoices):
        WEEK = "week", _("Each Monday")
        MONTH = "month", _("Each month's first")

    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mailings"
    )
    report = models.TextField(_("report"), blank=True)
    view = models.ForeignKey(
        SavedView, on_delete=models.CASCADE, null=True, blank=True, related_name="mailings"
    )
    every = models.CharField(_("when"), max_length=5, choices=Every)
    hour = models.PositiveSmallIntegerField(_("at (hour)"), validators=[MaxValueValidator(23)])
    format = models.CharField(_("file"), max_length=4, choices=Export.Format)
    addresses = models.JSONField(_("to"), default=list, blank=True)
    language = models.CharField(_("language"), max_length=16)
    is_paused = models.BooleanField(_("paused"), default=False)
    since = models.DateTimeField(_("since"), help_text="What was due before is not sent.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="one_mailing_per_name")
        ]
        ordering = ["name", "id"]
        permissions = [
            ("view_report", "Can read reports"),
            ("mail_others", "Can have reports e-mailed to any address"),
        ]
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")

    def __str__(self) -> str:
        return self.name


class Mail(models.Model):
    """One mail of a mailing. ``due_at`` makes the mail of a Monday or of a month one row."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        MAKING = "making", _("Being made")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNCERTAIN = "uncertain", _("Perhaps sent")

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="mails")
    due_at = models.DateTimeField(_("due"))
    is_test = models.BooleanField(_("asked for"), default=False)
    to = models.JSONField(_("to"), default=list)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    problem = models.TextField(_("problem"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    size_bytes = models.BigIntegerField(_("bytes"), null=True)
    is_masked = models.BooleanField(_("numbers masked"), default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailing", "due_at"], name="one_mail_per_time")
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="mail_unfinished",
                condition=models.Q(state__in=["waiting", "making", "sending"]),
            )
        ]
        ordering = ["-due_at", "-id"]
        verbose_name = _("mail")
        verbose_name_plural = _("mails")

    def __str__(self) -> str:
        return f"mail {self.pk} of mailing {self.mailing_id}"
