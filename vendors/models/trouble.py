"""Having all pushes of one trouble processed again, in the background."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from vendors import fingerprint
from vendors.models.inbox import State


class ReprocessJob(models.Model):
    """The pushes of one trouble, up to the newest there was when somebody asked, once each.

    A job is carried on in steps: some pushes are put back into the inbox, and when those have been
    processed, the next. All that is known of it stands in its row, so that anybody may carry on.
    """

    class Progress(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    vendor = models.CharField(max_length=32)
    kind = models.CharField(max_length=32)
    state = models.CharField(max_length=10, choices=State)
    trouble = models.CharField(max_length=fingerprint.LONGEST, blank=True)
    up_to = models.BigIntegerField(help_text="The newest push that belongs to it.")
    total = models.PositiveIntegerField()

    progress = models.CharField(max_length=9, choices=Progress, default=Progress.RUNNING)
    last_push = models.BigIntegerField(default=0, help_text="All before it were put back.")
    in_hand = models.JSONField(default=list, help_text="Those that are being processed.")
    became_done = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "kind", "state", "trouble"],
                name="one_running_job_per_trouble",
                condition=models.Q(progress="running"),
            )
        ]
        ordering = ["-id"]
        default_permissions = ()  # whoever may change pushes may have them processed again
        verbose_name = _("reprocessing")
        verbose_name_plural = _("reprocessings")

    def __str__(self) -> str:
        return f"reprocessing {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("trouble-job", args=[self.pk])

    @property
    def settled(self) -> int:
        """How many of its pushes were processed."""
        return self.became_done + self.unreadable + self.failed

    @property
    def is_running(self) -> bool:
        return self.progress == self.Progress.RUNNING
