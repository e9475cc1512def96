"""The whole portal, started as an operator starts it, while its processes are killed."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers

ROOT = Path(__file__).parent.parent
SILENCE = 300  # seconds: the month of a demo is made up before its first push, on a busy machine


class Portal:
    """A running portal with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "PUBLIC_URL"},
            "DATA_DIR": str(folder),
            "PORT": str(servers.free_port()),
            "PYTHONUNBUFFERED": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        """Takes every line at once: a full pipe would hold the portal up."""
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line)

    def wait_for(self, words: str) -> None:
        """Returns with the next line that holds these words; fails after a long silence."""
        while words not in self.lines.get(timeout=SILENCE):
            pass

    def wait_until_ready(self) -> None:
        """Asks until the web server answers; fails when the portal ends before."""
        while self.process.poll() is None:
            with contextlib.suppress(OSError):
                address = f"http://127.0.0.1:{self.environment['PORT']}/readyz"
                urllib.request.urlopen(address, timeout=60).close()
                return
        raise AssertionError("the portal ended before it answered")

    def manage(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def children(self) -> list[int]:
        """The supervisor's own children: web, worker, scheduler."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    running = Portal(tmp_path)
    yield running
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0
    running.reader.join(60)
    assert not running.reader.is_alive(), "a process of the portal's outlived it"


def test_a_month_of_traffic_survives_kill_9_of_every_process(portal: Portal) -> None:
    portal.wait_for("password")
    portal.wait_for("callportal:")
    portal.wait_until_ready()
    demo = portal.manage("demo", "--calls", "120", "--rate", "50")

    for _ in range(2):
        portal.wait_for("pushes processed")
        for pid in portal.children():
            os.kill(pid, signal.SIGKILL)
        portal.wait_for("starting it again")

    shown, _ = demo.communicate()
    assert demo.returncode == 0, shown
    assert "They agree." in shown
