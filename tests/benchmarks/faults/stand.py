"""The portal that is tried, with servers that may be stopped, frozen and killed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from callportal import processes
from tests import servers
from tests.benchmarks.stage import ROOT, UNWANTED, StageError

HOOKS = Path(__file__).parent / "hooks"
DISK = "600m"
PATIENCE = 120.0  # seconds for whatever must happen


def wait_until(what: str, is_so: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Raises StageError when it does not come about."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise StageError(f"waited {seconds:.0f} s for this, in vain: {what}.")
        time.sleep(0.05)


class Server:
    """A server that listens at the same place each time it is started."""

    def __init__(self, make: Callable[[], AbstractContextManager[str]], name: str) -> None:
        self._make, self._name = make, name
        self._running = ExitStack()
        self.url = ""

    def start(self) -> None:
        """Sessions of a PostgreSQL that was killed may hold its memory for a moment."""
        for wait in (0.5, 2.0, 8.0, 0.0):
            try:
                self.url = self._running.enter_context(self._make())
            except servers.ServerMissingError:
                if not wait:
                    raise
                time.sleep(wait)
            else:
                return

    def stop(self) -> None:
        self._running.close()

    def pids(self) -> list[int]:
        """The processes that we started and that bear its name."""
        return [pid for pid, words in _children(os.getpid()) if self._name in words]

    def kill(self) -> None:
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        self.stop()


class Stand:
    """``folder`` is where points are armed; ``data`` the portal's data folder."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder, self.data = folder, data
        self.database: Server | None = None
        self.broker: Server | None = None
        self.port = servers.free_port()
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self._log = (folder / "portal.log").open("wb")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=partial(processes.die_with_parent, signal.SIGTERM),
        )
        wait_until("the portal is ready", self.is_ready)

    def is_ready(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise StageError(f"the portal ended; it said:\n{self.said()}")
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):  # noqa: S310 - our own
                return True
        except OSError:
            return False

    def said(self) -> str:
        return (self.folder / "portal.log").read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        if self.process is not None:
            servers.end(self.process)

    def kill_supervisor(self) -> None:
        """The supervisor dies; its children are told to by the kernel. Then all start again."""
        assert self.process is not None
        children = self.pids()
        self.process.kill()
        self.process.wait()
        wait_until("its children are gone", lambda: not any(map(_is_alive, children)))
        self.start()

    def pids(self, word: str = "") -> list[int]:
        """The supervisor's children, or those of them whose command holds a word."""
        assert self.process is not None
        return [pid for pid, words in _children(self.process.pid) if word in words]

    def family(self, word: str) -> list[int]:
        """A child and its own children."""
        return [one for pid in self.pids(word) for one in (pid, *(c for c, _ in _children(pid)))]

    def arm(self, point: str) -> None:
        (self.folder / f"{point}.struck").unlink(missing_ok=True)
        (self.folder / f"{point}.armed").touch()

    def has_struck(self, point: str) -> bool:
        return (self.folder / f"{point}.struck").exists()


def _children(pid: int) -> Iterator[tuple[int, str]]:
    with suppress(OSError):
        for folder in Path(f"/proc/{pid}/task").iterdir():
            for one in (folder / "children").read_text().split():
                with suppress(OSError):
                    words = Path(f"/proc/{one}/cmdline").read_text().replace("\0", " ")
                    yield int(one), words


def _is_alive(pid: int) -> bool:
    with suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


@contextmanager
def stand(*, is_embedded: bool) -> Iterator[Stand]:
    """A portal that runs, on servers of its own or on none."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="callportal-faults-")))
        data = folder / "data"
        data.mkdir()
        stack.enter_context(_small_disk(data))
        one = Stand(folder, data)
        given = {name: text for name, text in os.environ.items() if name not in UNWANTED}
        for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "CREDENTIALS_KEY"):
            given.pop(name, None)
        one.environment = given | {
            "DATA_DIR": str(data),
            "PORT": str(one.port),
            "PYTHONPATH": str(HOOKS),
            "FAULTS_FOLDER": str(folder),
            "PYTHONUNBUFFERED": "1",
        }
        if not is_embedded:
            _with_servers(one, stack)
        stack.callback(one.stop)
        one.start()
        yield one


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own, in memory, which may be filled without harm to anybody."""
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    made = subprocess.run(mounting, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode:
        raise StageError(f"a disk to fill needs root: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)  # noqa: S603, S607


def _with_servers(one: Stand, stack: ExitStack) -> None:
    keep = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="callportal-postgres-")))
    place, other = servers.free_port(), servers.free_port()
    one.database = Server(partial(servers.postgres, keep, place), "postgres")
    one.broker = Server(partial(servers.redis, other), "redis-server")
    for server in (one.database, one.broker):
        server.start()
        stack.callback(server.stop)
    one.environment |= {"DATABASE_URL": one.database.url, "REDIS_URL": one.broker.url}
