"""What was tried on this portal to see whether it holds: the answers, a restore, faults, load."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TrialKind(models.TextChoices):
    ANSWERS = "answers", _("Answers to vendors")
    RESTORE = "restore", _("Restore drill")
    FAULT = "fault", _("Fault")
    LOAD = "load", _("Load and hostile input")


class Trial(models.Model):
    """One thing that was tried, once, and what came of it. A row is never changed.

    ``figures`` are what was counted, by a short name in English each: they stand in the same words
    on the page, in the command's output and in the documents.
    """

    kind = models.CharField(_("kind"), max_length=7, choices=TrialKind)
    name = models.CharField(_("name"), max_length=80)
    has_passed = models.BooleanField(_("passed"))
    figures = models.JSONField(_("figures"), default=dict)
    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"))

    class Meta:
        default_permissions = ("view",)
        indexes = [models.Index(fields=["kind", "name", "id"], name="newest_trial_by_name")]
        ordering = ["-ended_at", "-id"]
        verbose_name = _("trial")
        verbose_name_plural = _("trials")

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"
