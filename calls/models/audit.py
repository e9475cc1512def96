"""What was done, by whom: rows that are added, linked into a chain, and never changed.

The database refuses to change or delete them (see the migration that made them); ``calls.audit``
writes them, links them and checks the chain.
"""

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AppendOnlyError(TypeError):
    """Rows of the audit are neither changed nor deleted."""


class _AppendOnlyRows(models.QuerySet[Any]):
    """Rows that are added and read."""

    def update(self, **values: Any) -> NoReturn:
        raise AppendOnlyError("Rows of the audit are never changed.")

    def delete(self) -> NoReturn:
        raise AppendOnlyError("Rows of the audit are never deleted.")


class _AppendOnly(models.Model):
    objects = _AppendOnlyRows.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("Rows of the audit are never changed.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise AppendOnlyError("Rows of the audit are never deleted.")


class AuditEntry(_AppendOnly):
    """Who did what to which thing, when and from where.

    Names stand as they were, and nothing points at other tables: an entry outlives whom and what it
    names. ``sequence``, ``previous`` and ``hash`` are empty until the entry is linked into the
    chain, seconds later; then they are set once.
    """

    at = models.DateTimeField(_("when"), default=timezone.now)
    user_id = models.BigIntegerField(_("user's number"), null=True)
    user_name = models.CharField(_("who"), max_length=200)
    token = models.CharField(_("API token"), max_length=100, blank=True)
    action = models.CharField(_("what"), max_length=40)
    subject = models.CharField(_("about"), max_length=120, blank=True)
    details = models.JSONField(_("details"), default=dict)
    address = models.CharField(_("from where"), max_length=64, blank=True)
    sequence = models.BigIntegerField(_("number in the chain"), null=True, unique=True)
    previous = models.CharField(_("hash before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64, blank=True)

    class Meta:
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["subject", "-id"], name="audit_by_subject"),
            models.Index(fields=["user_name", "-id"], name="audit_by_name"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(
                fields=["id"], name="audit_unlinked", condition=models.Q(sequence__isnull=True)
            ),
        ]
        ordering = ["-id"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")

    def __str__(self) -> str:
        return f"{self.user_name}: {self.action} {self.subject}".rstrip()


class AuditAnchor(_AppendOnly):
    """A link of the chain, signed with a key that is not in the database.

    ``PRUNED`` says that the entries up to this link were taken away.
    """

    class Kind(models.TextChoices):
        LINKED = "linked", _("linked")
        PRUNED = "pruned", _("taken away")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    at = models.DateTimeField(_("when"), default=timezone.now)
    sequence = models.BigIntegerField(_("number in the chain"))
    hash = models.CharField(_("hash"), max_length=64)
    signature = models.CharField(_("signature"), max_length=64)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["kind", "-sequence"], name="audit_anchor_order")]
        ordering = ["-id"]
        verbose_name = _("audit anchor")
        verbose_name_plural = _("audit anchors")

    def __str__(self) -> str:
        return f"{self.kind} {self.sequence}"
