"""What codes mean, and what we learned about them ourselves."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls import outcomes
from calls.models.labels import OUTCOME_LABELS, choices


class Side(models.TextChoices):
    """Where what a code tells of lies."""

    CALLEE = "callee", _("The called party")
    CALLER = "caller", _("The calling side")
    NETWORK = "network", _("The network")
    VENDOR = "vendor", _("The vendor's platform")
    US = "us", _("Our settings or account")
    NOBODY = "nobody", _("Nobody's: normal")


class CodeMeaning(models.Model):
    """What a vendor's code means. A copy of the CSV tables, made after each migrate; read-only."""

    scheme = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    code_to = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16, blank=True)
    zh = models.TextField(blank=True)
    en = models.TextField(blank=True)
    outcome = models.CharField(
        max_length=16, blank=True, choices=choices(outcomes.Outcome, OUTCOME_LABELS)
    )
    side = models.CharField(max_length=8, blank=True, choices=Side.choices)
    advice_zh = models.TextField(blank=True)
    advice_en = models.TextField(blank=True)
    retry_after = models.CharField(max_length=32, blank=True)
    source = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "status", "code", "code_to"], name="one_row_per_meaning"
            )
        ]
        ordering = ["scheme", "id"]
        verbose_name = _("code")
        verbose_name_plural = _("codes")

    def __str__(self) -> str:
        return f"{self.scheme}/{self.value}"

    @property
    def value(self) -> str:
        """The code as an address names it; a range by both its ends."""
        return f"{self.code}-{self.code_to}" if self.code_to else self.code


class CodeEqual(models.Model):
    """Two codes of different tables that tell of the same. A copy, like ``CodeMeaning``.

    ``other_code`` may be ``*``: whatever number of the range stands in ``scheme``, the same number
    stands in ``other_scheme``.
    """

    scheme = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    other_scheme = models.CharField(max_length=64)
    other_code = models.CharField(max_length=64)
    source = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "code", "other_scheme", "other_code"], name="one_row_per_equal"
            )
        ]
        ordering = ["id"]
        verbose_name = _("equal code")
        verbose_name_plural = _("equal codes")

    def __str__(self) -> str:
        return f"{self.scheme}/{self.code} = {self.other_scheme}/{self.other_code}"


class CodeNote(models.Model):
    """What an administrator of this portal adds to a code, known to a table or not."""

    scheme = models.CharField(_("scheme"), max_length=64)
    code = models.CharField(_("code"), max_length=64)
    text = models.TextField(_("note"), max_length=2000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    by_name = models.CharField(_("by"), max_length=150)
    at = models.DateTimeField(_("written"), auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "code"], name="one_note_per_code")]
        ordering = ["scheme", "code"]
        verbose_name = _("note on a code")
        verbose_name_plural = _("notes on codes")

    def __str__(self) -> str:
        return f"note on {self.scheme}/{self.code}"
