"""Secrets at rest: sealed with ``CREDENTIALS_KEY``, which is not Django's ``SECRET_KEY``.

The setting may list several keys, separated by commas: the first seals, all of them open. To
rotate, put a new key first, run ``./portal rotate_credentials_key``, then drop the old one.
"""

import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealedWithAnotherKeyError(Exception):
    """None of the keys in CREDENTIALS_KEY opens this secret."""


@lru_cache(maxsize=4)
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


def reseal(sealed: str) -> str:
    """The same secret, sealed with the first key."""
    return _current().rotate(sealed.encode()).decode()


def digest(secret: str) -> str:
    """What a random token is looked up by. It is long and random, so a plain hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()
