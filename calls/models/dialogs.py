"""What a robot and a customer said to each other."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from calls import facts
from calls.models.calls import Call
from calls.models.labels import ID_LENGTH, ROLE_LABELS, choices


class Dialog(models.Model):
    """What a robot and a customer said to each other."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="dialog")
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(
        null=True, help_text="When its words were deleted; its steps stay."
    )

    class Meta:
        verbose_name = _("dialog")
        verbose_name_plural = _("dialogs")

    def __str__(self) -> str:
        return f"dialog of call {self.call_id}"


class Turn(models.Model):
    """One step of a dialog, with the node of the script that it ran through."""

    dialog = models.ForeignKey(Dialog, on_delete=models.CASCADE, related_name="turns")
    key = models.CharField(max_length=64)
    position = models.IntegerField()
    role = models.CharField(max_length=8, blank=True, choices=choices(facts.Role, ROLE_LABELS))
    text_robot = models.TextField(blank=True)
    text_customer = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    spoke_at = models.DateTimeField(null=True)
    node_id = models.CharField(max_length=ID_LENGTH, blank=True)
    node_name = models.CharField(max_length=ID_LENGTH, blank=True)
    node_type = models.CharField(max_length=64, blank=True)
    content_id = models.CharField(max_length=ID_LENGTH, blank=True)
    label = models.CharField(max_length=ID_LENGTH, blank=True)
    tag_name = models.CharField(max_length=ID_LENGTH, blank=True)
    tag_desc = models.TextField(blank=True)
    question_id = models.CharField(max_length=ID_LENGTH, blank=True)
    hits = models.JSONField(default=list)
    extra = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dialog", "key"], name="one_row_per_turn")]
        ordering = ["dialog", "position", "started_at", "id"]
        verbose_name = _("turn")
        verbose_name_plural = _("turns")

    def __str__(self) -> str:
        return f"turn {self.key} of dialog {self.dialog_id}"


class Spoken(models.Model):
    """The words of a dialog, cut into pieces that can be searched: see ``calls.words``.

    Worked out by ``calls.handles`` from the turns. On PostgreSQL each side has an index of its own,
    made by a migration.
    """

    call = models.OneToOneField(
        Call, on_delete=models.CASCADE, related_name="spoken", primary_key=True
    )
    occurred_at = models.DateTimeField()
    robot = models.TextField(blank=True)
    customer = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["-occurred_at", "-call"], name="spoken_newest")]
        verbose_name = _("words of a dialog")
        verbose_name_plural = _("words of dialogs")

    def __str__(self) -> str:
        return f"words of call {self.call_id}"
