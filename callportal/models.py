"""API tokens, which programs sign in with; which roles were made; and who tried to sign in."""

import hashlib
import secrets
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PREFIX = "cpt_"
WARNED_DAYS = 14  # before a token ends, it is warned of


class Scope(models.TextChoices):
    """What a token may be used for, of what its user may do."""

    READ = "read", _("calls, codes and figures")
    NUMBERS = "numbers", _("whole telephone numbers")
    FIGURES = "figures", _("figures alone")
    OUTBOUND = "outbound", _("outbound calls")


def every_scope() -> list[str]:
    return list(Scope.values)


class ApiToken(models.Model):
    """A program's token. Only its digest is kept, so it can be shown once and never again."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=every_scope)
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

    def days_left(self, now: datetime | None = None) -> int | None:
        """Whole days until it ends, where that is soon; else None."""
        if self.expires_at is None or self.is_expired(now):
            return None
        days = (self.expires_at - (now or timezone.now())).days
        return days if days < WARNED_DAYS else None


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


class SignInTries(models.Model):
    """How often signing in was tried of late, by one name or from one address; see
    ``callportal.signin.lockout``. ``shown`` is empty for a name that nobody has."""

    class Kind(models.TextChoices):
        NAME = "name", _("user name")
        ADDRESS = "address", _("address")
        CODE = "code", _("second factor")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    digest = models.CharField(max_length=64, unique=True)
    shown = models.CharField(max_length=150, blank=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.shown or '?'}"


class Cached(models.Model):
    """The table of Django's database cache, made by a migration like any other."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "callportal_cached"
        default_permissions = ()

    def __str__(self) -> str:
        return self.cache_key


def digest(token: str) -> str:
    """A token is long and random, so a plain hash is as good as a slow one."""
    return hashlib.sha256(token.encode()).hexdigest()
