"""A real portal for browsers: a web process of its own, with something to see on every page.

The rows are made in the database of the test run, copied from there into a file, and taken back.
Before each test the file is put over whatever the test before it changed.
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from signal import SIGTERM
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import ScryptPasswordHasher, make_password
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from callportal import processes
from calls.models import Call, Party
from tests import emptying, rich, servers, starts
from tests.browser import story
from tests.conftest import addresses, samples
from vendors import accounts, inbox

PASSWORD = "correct horse battery staple"
# Pages of libraries, which are not ours to look at: their files need not be packed.
NOT_OURS = ("admin", "drf_spectacular_sidecar", "rest_framework")


@dataclass(frozen=True)
class Portal:
    """Where it listens, who may sign in, and the keys of what there is to see."""

    url: str
    rows: SimpleNamespace
    sessions: dict[str, str]  # of each of rich.people(), by role
    folder: Path

    def forget(self) -> None:
        """Have what was there at first, and nothing else."""
        with (
            contextlib.closing(sqlite3.connect(self.folder / "first.sqlite3")) as first,
            contextlib.closing(sqlite3.connect(self.folder / "callportal.sqlite3")) as now,
        ):
            now.execute("PRAGMA synchronous=OFF")
            first.backup(now)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Portal]:
    rows, sessions = _filled(folder / "first.sqlite3")
    for name in ("secret_key", "credentials_key"):
        shutil.copy(settings.DATA_DIR / name, folder)
    for name in ("recordings", "exports"):
        shutil.copytree(settings.DATA_DIR / name, folder / name, dirs_exist_ok=True)
    unpacked = [word for name in NOT_OURS for word in ("--ignore", name)]
    packed = starts.manage("collectstatic", "--no-input", *unpacked, DATA_DIR=str(folder))
    assert packed.returncode == 0, packed.stderr
    with _web(folder) as url:
        portal = Portal(url, rows, sessions, folder)
        portal.forget()
        yield portal


def _filled(file: Path) -> tuple[SimpleNamespace, dict[str, str]]:
    """Fill the database of the run, keep a copy of it, and empty it again."""
    try:
        rows = rich.portal()
        rows.calls = _samples()
        rows.story = story.told()
        rows.numbers = list(Party.objects.order_by("pk").values_list("key", flat=True))
        for user in rows.people.values():
            user.password = make_password(PASSWORD, hasher=ScryptPasswordHasher())
            user.save(update_fields=["password"])
        sessions = {role: _session(user) for role, user in rows.people.items()}
        with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"])) as filled:
            filled.execute("VACUUM INTO ?", [str(file)])
    finally:
        emptying.empty()
    return rows, sessions


def _samples() -> dict[str, list[Call]]:
    """The calls that the vendors' own examples make, by vendor."""
    client = Client()
    for vendor, kind, path in samples():
        account = accounts.create(vendor, f"{vendor} {path.stem}")
        address = addresses(account)[kind].removeprefix("http://calls.example")
        client.post(address, path.read_bytes(), content_type="application/json")
    while inbox.process():
        pass
    found: dict[str, list[Call]] = {}
    for call in Call.objects.order_by("id"):
        found.setdefault(call.vendor, []).append(call)
    return found


def _session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@contextlib.contextmanager
def _web(folder: Path) -> Iterator[str]:
    """The web server as the portal starts it, on the embedded default."""
    port = servers.free_port()
    url = f"http://127.0.0.1:{port}"
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = subprocess.Popen(  # noqa: S603 - the portal's own command
        processes.web("callportal.wsgi:application", "127.0.0.1", port, workers=1, threads=4),
        cwd=starts.ROOT,
        env={**kept, "DATA_DIR": str(folder), "PUBLIC_URL": url, "PORT": str(port)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=partial(processes.die_with_parent, SIGTERM),
    )
    try:
        _wait_until_ready(url, process)
        yield url
    finally:
        servers.end(process)


def _wait_until_ready(url: str, process: "subprocess.Popen[Any]") -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/healthz", timeout=60).close()  # noqa: S310
            return
    raise AssertionError("the web server ended before it answered")
