"""Secrets at rest: sealed with ``CREDENTIALS_KEY``, which is not Django's ``SECRET_KEY``.

The setting may list several keys, separated by commas: the first seals, all of them open. To
rotate, put a new key first, run ``./portal reseal``, then drop the old one. What is sealed stands
in a SealedField: that is how rotation and backup find all of it.
"""

import base64
import hashlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class SealedField(models.TextField[str, str]):
    """A column of sealed secrets; empty: there is none."""

    def deconstruct(self) -> Any:
        """To the database it is text, so that migrations need not know of it."""
        name, _, positional, named = super().deconstruct()
        return name, "django.db.models.TextField", positional, named


class SealedWithAnotherKeyError(Exception):
    """None of the keys in CREDENTIALS_KEY opens this secret."""


@lru_cache(maxsize=16)
def _locks(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current() -> MultiFernet:
    return _locks(tuple(settings.CREDENTIALS_KEYS))


def seal(secret: str) -> str:
    """The secret as it may stand in the database."""
    return _current().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret itself. Raises SealedWithAnotherKeyError."""
    try:
        return _current().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealedWithAnotherKeyError(
            "A credential cannot be opened with CREDENTIALS_KEY. Put back the key that sealed it."
        ) from None


def seal_bytes(plain: bytes) -> bytes:
    """Bytes as they may stand in a file of ours, a quarter smaller than as text."""
    return base64.urlsafe_b64decode(_current().encrypt(plain))


def unseal_bytes(sealed: bytes) -> bytes:
    """The bytes themselves. Raises SealedWithAnotherKeyError."""
    try:
        return _current().decrypt(base64.urlsafe_b64encode(sealed))
    except InvalidToken:
        raise SealedWithAnotherKeyError(
            "What stands in the spool cannot be opened with CREDENTIALS_KEY. "
            "Put back the key that sealed it."
        ) from None


def reseal(sealed: str) -> str:
    """The same secret, sealed with the first key."""
    return _current().rotate(sealed.encode()).decode()


def opened_by(sealed: str) -> str | None:
    """The key, of those listed, that opens it; None where none does."""
    for key in settings.CREDENTIALS_KEYS:
        try:
            _locks((key,)).decrypt(sealed.encode())
        except InvalidToken:
            continue
        return str(key)
    return None


def digest(secret: str) -> str:
    """What a random token is looked up by. It is long and random, so a plain hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()
