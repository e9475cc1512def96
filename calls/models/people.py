"""What people set for themselves, and what they saw, took away and wrote down."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models.calls import Call


class SavedView(models.Model):
    """A search under a name. ``search`` is text of ``calls.search.grammar``."""

    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    group = models.ForeignKey(
        Group,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="saved_views",
        verbose_name=_("shared with"),
    )
    search = models.TextField(_("search"), blank=True)
    columns = models.JSONField(_("columns"), default=list)
    pinned_by = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="pinned_views")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_view_per_name")]
        ordering = ["name", "id"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")

    def __str__(self) -> str:
        return self.name


class Preferences(models.Model):
    """How one person wants the portal. Empty means: as the browser or the portal has it."""

    class Theme(models.TextChoices):
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences"
    )
    language = models.CharField(_("language"), max_length=16, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    theme = models.CharField(_("theme"), max_length=8, blank=True, choices=Theme)
    density = models.CharField(
        _("row height"), max_length=12, choices=Density, default=Density.COMFORTABLE
    )
    shortcuts = models.CharField(
        _("keys that lead somewhere"), max_length=3, blank=True, choices=[("off", _("Off"))]
    )
    columns = models.JSONField(_("columns"), default=list)
    default_view = models.ForeignKey(
        SavedView, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_search = models.TextField(blank=True)

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"


class Note(models.Model):
    """What a colleague wrote about a call. What it said before stands in ``Change``."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    by_name = models.CharField(_("by"), max_length=150)
    text = models.TextField(_("note"), max_length=4000)
    at = models.DateTimeField(_("written"), auto_now_add=True)
    edited_at = models.DateTimeField(_("edited"), null=True)

    class Meta:
        ordering = ["call", "at", "id"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return f"note {self.pk} on call {self.call_id}"


class Tag(models.Model):
    """A word that colleagues put on a call, to find it again."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(_("tag"), max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "name"], name="one_row_per_tag")]
        indexes = [models.Index(fields=["name", "call"], name="calls_by_tag")]
        ordering = ["call", "name"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")

    def __str__(self) -> str:
        return self.name


class Change(models.Model):
    """What staff did to a call's notes and tags: rows are added and never changed."""

    class Act(models.TextChoices):
        WROTE = "wrote", _("wrote a note")
        EDITED = "edited", _("edited a note")
        DELETED = "deleted", _("deleted a note")
        TAGGED = "tagged", _("added a tag")
        UNTAGGED = "untagged", _("removed a tag")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="changes")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    by_name = models.CharField(_("by"), max_length=150)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    act = models.CharField(_("what"), max_length=8, choices=Act)
    before = models.TextField(_("before"), blank=True)
    after = models.TextField(_("after"), blank=True)

    class Meta:
        ordering = ["call", "-at", "-id"]
        verbose_name = _("change")
        verbose_name_plural = _("changes")

    def __str__(self) -> str:
        return f"{self.by_name} {self.act} on call {self.call_id}"


class Reveal(models.Model):
    """That somebody who sees numbers masked looked at those of a call: who, when, from where."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="reveals")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    user_name = models.CharField(_("who"), max_length=150)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    address = models.CharField(_("from where"), max_length=64)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("reveal")
        verbose_name_plural = _("reveals")

    def __str__(self) -> str:
        return f"{self.user_name} saw the numbers of call {self.call_id}"


class Export(models.Model):
    """A file of calls that somebody asked for: made in the background, or streamed at once.

    ``search``, ``columns``, ``zone``, ``language`` and ``is_masked`` are taken when it is asked
    for, so that the file is what its asker saw. ``name`` is the file's name in the storage.
    ``report`` is the query of a report's address, where the file is one and not of calls.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Being made")
        DONE = "done", _("Ready")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="exports"
    )
    user_name = models.CharField(_("who"), max_length=150)
    address = models.CharField(_("from where"), max_length=64)
    format = models.CharField(_("format"), max_length=4, choices=Format)
    search = models.TextField(_("search"), blank=True)
    report = models.TextField(_("report"), blank=True)
    columns = models.JSONField(_("columns"), default=list)
    zone = models.CharField(_("time zone"), max_length=64)
    language = models.CharField(_("language"), max_length=16)
    is_masked = models.BooleanField(_("numbers masked"), default=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    problem = models.TextField(_("problem"), blank=True)
    rows_total = models.PositiveIntegerField(_("rows in all"), null=True)
    rows_done = models.PositiveIntegerField(_("rows written"), default=0)
    size_bytes = models.BigIntegerField(_("bytes"), null=True)
    name = models.CharField(max_length=255, blank=True)
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    expires_at = models.DateTimeField(_("expires"), null=True)
    downloads = models.PositiveIntegerField(_("downloads"), default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="export_unfinished",
                condition=models.Q(state__in=["waiting", "running"]),
            )
        ]
        ordering = ["-asked_at", "-id"]
        permissions = [("export_call", "Can export calls")]
        verbose_name = _("export")
        verbose_name_plural = _("exports")

    def __str__(self) -> str:
        return f"export {self.pk} of {self.user_name}"
