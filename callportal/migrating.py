"""Migrations of a database that others use: none waits long for a lock, as all wait behind it."""

import logging
import time
from typing import Any

from django.core.management import call_command
from django.db import OperationalError, connections

log = logging.getLogger("callportal.migrating")

LOCK_TIMEOUT = "5s"
TRIES = 5
WAIT = 5.0  # seconds between two


def limit_waiting(using: str, **_: Any) -> None:
    """Before migrations: a statement that does not get its lock gives up, and lets others pass."""
    _set(using, f"'{LOCK_TIMEOUT}'")


def wait_as_usual(using: str, **_: Any) -> None:
    _set(using, "DEFAULT")


def _set(using: str, timeout: str) -> None:
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {timeout}")


def migrate() -> None:
    """Migrate; where a lock was not to be had, a few times more.

    What was done already is not done again: each migration is a transaction of its own.
    """
    for left in reversed(range(TRIES)):
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            if not left or getattr(error.__cause__, "sqlstate", None) != "55P03":
                raise
            log.warning("migration waits for a lock", extra={"tries_left": left})
            time.sleep(WAIT)
        else:
            return
