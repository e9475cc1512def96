"""Databases to look around in, which may be kept: a folder, a database, and commands for it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests import servers
from tests.benchmarks.stage import PORTAL, ROOT, UNWANTED, StageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """``folder`` is the portal's data folder: its keys open what the database has sealed."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *words: str) -> str:
        """Run a command of Python's; what it printed. What it complains about is shown at once."""
        done = subprocess.run(  # noqa: S603 - our own modules
            [sys.executable, *words],
            cwd=ROOT,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StageError(f"{' '.join(words)} failed.")
        return done.stdout


@contextmanager
def room(name: str, keep: Path | None, *, is_embedded: bool) -> Iterator[Room]:
    """A database with the portal's tables, under this name in the folder that keeps it."""
    fresh = tempfile.TemporaryDirectory(prefix="callportal-benchmarks-")
    with nullcontext(str(keep / name)) if keep else fresh as path:
        folder = Path(path).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        given = {one: text for one, text in os.environ.items() if one not in UNWANTED}
        given |= {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": PORTAL, "REDIS_URL": ""}
        given.pop("DATABASE_URL", None)
        kept = folder / "postgres" if keep else None  # not in ours, which no other user may enter
        with nullcontext("") if is_embedded else servers.postgres(kept) as url:
            found = Room(folder=folder, environment=given | ({"DATABASE_URL": url} if url else {}))
            found.run("manage.py", "migrate", "--verbosity", "0")
            yield found
