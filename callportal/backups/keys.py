"""The keys that open what is sealed, known by their ids alone."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

from callportal import sealing
from vendors import vault

_IN_JSON = (("mfa", "Authenticator", "data"),)
_TOKEN = re.compile(r"gAAAAA[\w=-]+")  # as all that Fernet seals begins

CREDENTIALS, RECORDINGS, BACKUP = "CREDENTIALS_KEY", "RECORDINGS_KEY", "BACKUP_KEY"


def listed(setting: str) -> list[str]:
    """The keys that a setting lists, the one that seals first."""
    return list(getattr(settings, f"{setting}S"))


def key_id(key: str) -> str:
    return sealing.key_id(key).hex()


def ids(setting: str) -> list[str]:
    return [key_id(key) for key in listed(setting)]


def missing(needed: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """By setting, the ids of keys that it takes and that the setting does not list."""
    lacking = {}
    for name, wanted in needed.items():
        there = ids(name)
        lacking[name] = [one for one in wanted if one not in there]
    return {name: wanted for name, wanted in lacking.items() if wanted}


def sealed_columns() -> Iterator[tuple[type[models.Model], str]]:
    """Every column of every model that holds sealed secrets."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, vault.SealedField):
                yield model, field.attname


def json_columns() -> Iterator[tuple[type[models.Model], str]]:
    """Columns of libraries that keep sealed secrets among other things, as JSON."""
    for label, name, column in _IN_JSON:
        if label in apps.app_configs:
            yield apps.get_model(label, name), column


def tokens_in(value: Any) -> list[str]:
    """What is sealed in a column: all of it, or pieces of its JSON."""
    return _TOKEN.findall(value if isinstance(value, str) else json.dumps(value))


def that_open(secrets: Iterable[Any]) -> tuple[list[str], int]:
    """The ids of the keys that open these secrets, and how many no listed key opens."""
    used, unreadable = set(), 0
    for secret in secrets:
        key = vault.opened_by(str(secret))
        if key is None:
            unreadable += 1
        else:
            used.add(key_id(key))
    return sorted(used), unreadable
