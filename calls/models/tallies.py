"""Calls added up: by hour and by day, and by what they have in common.

``calls.tallies`` keeps these rows in the transaction that changes calls. They hold counts and sums
and no call: what they say is a question of the rows of calls, and ``./portal recount`` asks it.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from calls import facts, outcomes
from calls.models.calls import Account
from calls.models.labels import DIRECTION_LABELS, ID_LENGTH, OUTCOME_LABELS, choices


class Grain(models.TextChoices):
    """How long the time is that a row adds up."""

    HOUR = "h", _("Hour")  # of UTC
    DAY = "d", _("Day")  # of the portal's zone, as are months
    MONTH = "m", _("Month")


class Subject(models.TextChoices):
    """What the calls of a row have in common."""

    SHOWN = "shown", _("Shown number")
    TASK = "task", _("Task")
    CODE = "code", _("Code")


class Sums(models.Model):
    """What is added up of calls. A call counts when it occurred (``Call.occurred_at``).

    ``in_progress`` are those of ``calls`` whose end was not told yet. Talk and ring are those of
    answered calls, as far as they are known: a mean is a sum over its count. ``billed_seconds`` are
    the call's own, which ``calls.billing`` works out.
    """

    calls = models.BigIntegerField(default=0)
    in_progress = models.BigIntegerField(default=0)
    talk_calls = models.BigIntegerField(default=0)
    talk_seconds = models.BigIntegerField(default=0)
    ring_calls = models.BigIntegerField(default=0)
    ring_seconds = models.BigIntegerField(default=0)
    billed_calls = models.BigIntegerField(default=0)
    billed_seconds = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class Tally(Sums):
    """Calls of one hour or of one day, of one account, service, direction and outcome."""

    pk = models.CompositePrimaryKey("grain", "at", "account_id", "service", "direction", "outcome")
    grain = models.CharField(max_length=1, choices=Grain)
    at = models.DateTimeField(help_text="When the hour or the day begins.")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    service = models.CharField(max_length=32, blank=True)
    direction = models.CharField(
        max_length=8, blank=True, choices=choices(facts.Direction, DIRECTION_LABELS)
    )
    outcome = models.CharField(max_length=16, choices=choices(outcomes.Outcome, OUTCOME_LABELS))

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")

    def __str__(self) -> str:
        return f"{self.calls} calls of account {self.account_id}"


class SubjectTally(Sums):
    """Calls of one day or month, of one account and service, that have something in common.

    ``value`` is the searchable form of a shown number, the id of a task, or a code as scheme/value.
    A code that a call has in two places counts once. Codes count for calls that were not answered
    alone: they say why calls fail.
    """

    pk = models.CompositePrimaryKey("subject", "grain", "at", "account_id", "service", "value")
    subject = models.CharField(max_length=5, choices=Subject)
    grain = models.CharField(max_length=1, choices=Grain)
    at = models.DateTimeField(help_text="When the day or the month begins.")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    service = models.CharField(max_length=32, blank=True)
    value = models.CharField(max_length=ID_LENGTH)
    answered = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("tally of a number, task or code")
        verbose_name_plural = _("tallies of numbers, tasks and codes")

    def __str__(self) -> str:
        return f"{self.calls} calls of one {self.subject}"
