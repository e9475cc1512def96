"""The stage that benchmarks play on: fresh servers, four accounts, and the portal's processes."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from cryptography.fernet import Fernet

from callportal import processes
from tests import servers
from tests.benchmarks import load
from tests.benchmarks.pushes import Push

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds that a process has to start, and a worker to settle the next push
WEB_WORKERS, WEB_THREADS = 2, 4
VENDORS = ("voicepush", "nxcloud", "yeta", "huawei")
PORTAL = "callportal.settings"
BASELINE = "tests.benchmarks.baseline_settings"
UNWANTED = ("DEBUG", "PORT", "TRUSTED_PROXIES", "WEB_WORKERS", "TASK_WORKERS", "ALLOWED_HOSTS")


class StageError(Exception):
    """Something did not start or did not finish; the sentence says what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    folder: Path
    database_url: str
    redis_url: str
    environment: Mapping[str, str]
    paths: Mapping[tuple[str, str], str]
    database: "psycopg.Connection[tuple[object, ...]]"

    def request(self, push: Push) -> bytes:
        return load.request(self.paths[push.vendor, push.kind], push.body)

    def empty(self) -> None:
        """Forget every push and call, so that each round begins alike."""
        self.database.execute("TRUNCATE vendors_push, calls_call RESTART IDENTITY CASCADE")

    def count(self, state: str | None = None) -> int:
        condition = "WHERE state = %s" if state else ""
        row = self.database.execute(
            f"SELECT count(*) FROM vendors_push {condition}",  # noqa: S608 - our own words
            [state] if state else [],
        ).fetchone()
        return int(str(row[0])) if row else 0

    def await_processed(self, how_many: int) -> None:
        """Wait until no push waits, and see that all of them became calls."""
        last, moved_at = 0, time.monotonic()
        while waiting := self.count("waiting"):
            if waiting != last:
                last, moved_at = waiting, time.monotonic()
            if time.monotonic() - moved_at > PATIENCE:
                raise StageError(f"{waiting} pushes wait, and nothing moved for {PATIENCE:.0f} s.")
            time.sleep(0.02)
        done = self.count("done")
        if done != how_many:
            raise StageError(f"expected {how_many} pushes to be done, got {done}.")

    def run(self, *words: str) -> str:
        """Run a command of Python's in the portal's environment; what it printed."""
        done = subprocess.run(  # noqa: S603 - our own modules
            [sys.executable, *words],
            cwd=ROOT,
            env=self.surroundings("command"),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StageError(f"{' '.join(words)} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def surroundings(
        self, name: str, settings: str = PORTAL, redis_number: int = 0
    ) -> dict[str, str]:
        """The environment of one child, with a data folder of its own."""
        folder = self.folder / f"{name}-{secrets.token_hex(4)}"
        redis_url = self.redis_url.removesuffix("/0") + f"/{redis_number}"
        return {
            **self.environment,
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": settings,
            "REDIS_URL": redis_url,
        }

    @contextmanager
    def web(
        self,
        application: str = "callportal.wsgi:application",
        *,
        settings: str = PORTAL,
        redis_number: int = 0,
    ) -> Iterator[int]:
        """The web server as the portal starts it; its port."""
        port = servers.free_port()
        command = processes.web(application, "127.0.0.1", port, WEB_WORKERS, WEB_THREADS)
        with self._child("web", command, settings, redis_number) as check:
            end_at = time.monotonic() + PATIENCE
            while not _listens(port):
                check()
                if time.monotonic() > end_at:
                    raise StageError(f"{application} does not listen after {PATIENCE:.0f} s.")
                time.sleep(0.05)
            yield port

    @contextmanager
    def worker(self, *, settings: str = PORTAL, redis_number: int = 0) -> Iterator[None]:
        """One Celery worker as the portal starts it. It may need a moment yet: warm it up."""
        with self._child("worker", processes.worker(1), settings, redis_number):
            yield

    @contextmanager
    def courier(self, *, redis_number: int = 0) -> Iterator[None]:
        """One courier as the portal starts it."""
        with self._child("courier", processes.courier(8), PORTAL, redis_number):
            yield

    def ring(self, task: str, *, times: int, redis_number: int) -> None:
        """Send a task to whoever listens on this Redis."""
        words = (
            "from callportal.celery import app\n"
            f"for _ in range({times}): app.send_task({task!r}, queue='courier')"
        )
        subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-c", words],
            cwd=ROOT,
            env=self.surroundings("bell", PORTAL, redis_number),
            check=True,
        )

    @contextmanager
    def _child(
        self, name: str, command: Sequence[str], settings: str, redis_number: int
    ) -> Iterator[Callable[[], None]]:
        """A process while it is wanted; what is given raises once it has ended by itself."""
        log = self.folder / f"{name}-{secrets.token_hex(4)}.log"

        def check() -> None:
            if process.poll() is not None:
                said = log.read_text(errors="replace").strip()[-2000:]
                raise StageError(f"{' '.join(command)} ended with {process.returncode}: {said}")

        with log.open("wb") as lines:
            process = subprocess.Popen(  # noqa: S603 - our own modules
                command,
                cwd=ROOT,
                env=self.surroundings(name, settings, redis_number),
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(processes.die_with_parent, signal.SIGTERM),
            )
        try:
            yield check
            check()
        finally:
            servers.end(process)


@contextmanager
def set_up() -> Iterator[Stage]:
    """Fresh servers with the portal's tables and an account of each vendor."""
    with (
        servers.postgres() as database_url,
        servers.redis() as redis_url,
        tempfile.TemporaryDirectory(prefix="callportal-benchmarks-") as folder,
        psycopg.connect(database_url.replace("postgres:", "postgresql:"), autocommit=True) as one,
    ):
        paths: dict[tuple[str, str], str] = {}
        stage = Stage(
            folder=Path(folder),
            database_url=database_url,
            redis_url=redis_url,
            environment=_environment(database_url),
            paths=paths,
            database=one,
        )
        stage.run("manage.py", "migrate", "--verbosity", "0")
        for vendor in VENDORS:
            made = stage.run("manage.py", "account", "add", vendor, "--name", "Bench", "--json")
            for kind, address in json.loads(made)["webhooks"].items():
                paths[vendor, kind] = urlsplit(address).path
        yield stage


def _environment(database_url: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name not in UNWANTED},
        "DATABASE_URL": database_url,
        "PUBLIC_URL": "http://127.0.0.1",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "CREDENTIALS_KEY": Fernet.generate_key().decode(),
    }


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
