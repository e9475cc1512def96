"""The restore drill: a real restore, by a process of its own, in a place that is gone after it."""

import json
import logging
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection
from django.utils import timezone

from callportal.backups import databases, folders, keys, postgres
from callportal.backups.fitting import look_at
from callportal.backups.manifest import BackupError
from vendors import trials
from vendors.models import TrialKind

log = logging.getLogger("callportal.backups")

NAME = "restore drill"
# What the process must not take from ours: where things are, and keys, which it is given.
_OURS = (
    *("DATABASE_URL", "REDIS_URL", "DATA_DIR", "RECORDINGS_URL", "EXPORTS_URL", "BILLS_URL"),
    "IMPORTS_URL",
    *("SECRET_KEY", "SECRET_KEY_FALLBACKS", "CREDENTIALS_KEY", "RECORDINGS_KEY", "BACKUP_KEY"),
)


def drill(folder: Path) -> dict[str, Any]:
    """Restore a backup for a while, and remember on this portal what came of it.

    Raises BackupError where it cannot be restored; that is remembered too.
    """
    began_at = timezone.now()
    try:
        look_at(folder)
        with _a_place() as environment:
            found = _restore_there(folder, environment)
    except (BackupError, OSError) as error:
        trials.note(
            TrialKind.RESTORE,
            NAME,
            has_passed=False,
            figures={"backup": folder.name, "problem": str(error)[:500]},
            began_at=began_at,
        )
        raise
    trials.note(
        TrialKind.RESTORE,
        NAME,
        has_passed=found["is_whole"],
        figures=_figures(found),
        began_at=began_at,
    )
    return found


def _figures(found: dict[str, Any]) -> dict[str, int | float | str]:
    settled = found["settled"]
    return {
        "backup": found["backup"],
        "tables counted": found["tables"],
        "rows": found["rows"],
        "tables that differ": len(found["differing"]),
        "files": found["files"],
        "bytes": found["bytes"],
        "secrets read": settled["secrets"],
        "secrets not readable": settled["unreadable"],
        "requests held": settled["held"],
        "would be dialled": settled["would_dial"],
        "seconds": found["seconds"],
    }


@contextmanager
def _a_place() -> Iterator[dict[str, str]]:
    """A folder and a database for a while: the environment of a portal that has them."""
    ours = {name for one in _OURS for name in (one, f"{one}_FILE")}
    environment = {name: text for name, text in os.environ.items() if name not in ours}
    environment["SECRET_KEY"] = secrets.token_urlsafe(50)
    for name in (keys.CREDENTIALS, keys.RECORDINGS, keys.BACKUP):
        environment[name] = ",".join(keys.listed(name))
    parent = folders.make(Path(settings.DATA_DIR) / "tmp")
    with tempfile.TemporaryDirectory(prefix="drill-", dir=parent) as path:
        environment["DATA_DIR"] = path
        if databases.kind() == databases.SQLITE:
            yield environment
            return
        name = f"callportal_drill_{secrets.token_hex(4)}"
        with postgres.database_for_a_while(name):
            yield environment | {"DATABASE_URL": _address(name)}


def _address(name: str) -> str:
    """The DATABASE_URL of another database on our server."""
    given = connection.settings_dict
    who = ":".join(quote(str(given[one]), safe="") for one in ("USER", "PASSWORD") if given[one])
    options = {one: text for one, text in given["OPTIONS"].items() if one.startswith("ssl")}
    host = str(given["HOST"] or "")
    place = quote(host, safe="") if host.startswith("/") else host
    port = f":{given['PORT']}" if given["PORT"] else ""
    return f"postgres://{who}@{place}{port}/{name}?{urlencode(options)}"


def _restore_there(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    command = [
        sys.executable,
        str(settings.BASE_DIR / "manage.py"),
        "restore",
        str(folder.resolve()),
    ]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "--json"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1} or not done.stdout.startswith("{"):
        last = done.stderr.strip().rpartition("\n")[2]
        raise BackupError(f"The restore failed: {last[:300]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
