"""API tokens, which programs sign in with; and which roles were made."""

import hashlib
import secrets
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PREFIX = "cpt_"


class ApiToken(models.Model):
    """A program's token. Only its digest is kept, so it can be shown once and never again."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    last_four = models.CharField(_("ends in"), max_length=4, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ····{self.last_four}"

    def renew(self) -> str:
        """Give the row a new token; the token itself, which is not kept."""
        token = PREFIX + secrets.token_urlsafe(32)
        self.digest, self.last_four = digest(token), token[-4:]
        return token

    def is_expired(self, now: datetime | None = None) -> bool:
        return self.expires_at is not None and self.expires_at <= (now or timezone.now())


class Role(models.Model):
    """That a role was made, and which permissions it was given: see ``callportal.roles``.

    Without a group: an administrator deleted it.
    """

    name = models.CharField(max_length=32, unique=True)
    group = models.ForeignKey(Group, on_delete=models.SET_NULL, null=True, related_name="+")
    given = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


def digest(token: str) -> str:
    """A token is long and random, so a plain hash is as good as a slow one."""
    return hashlib.sha256(token.encode()).hexdigest()
