"""Keeps the portal's processes running: starts them, prefixes their lines, restarts, stops.

Each child leads a session of its own, so that Ctrl-C reaches the supervisor alone and it can stop
the children in order; and each is told to die when the supervisor does.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callportal.processes import die_with_parent

FIRST_WAIT = 1.0
LONGEST_WAIT = 30.0
STEADY_AFTER = 60.0  # seconds after which an old crash no longer counts
PATIENCE = 25.0  # seconds that a child has to finish what it is doing


@dataclass
class Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    start_after: float = 0.0
    wait: float = FIRST_WAIT
    reader: threading.Thread | None = field(default=None, repr=False)


class Supervisor:
    """Runs children until told to stop."""

    def __init__(
        self, children: Sequence[Child], environment: Mapping[str, str] | None = None
    ) -> None:
        self.children = children
        self.environment = dict(environment or {})
        self._width = max(len(child.name) for child in children)
        self._stop = threading.Event()

    def run(self) -> None:
        """Returns after a TERM or Ctrl-C, when every child has gone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        while not self._stop.is_set():
            for child in self.children:
                self._look_after(child)
            self._stop.wait(0.2)
        self._end()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_after:
                self._start(child)
            return
        status = child.process.poll()
        if status is None:
            return
        if now - child.started_at > STEADY_AFTER:
            child.wait = FIRST_WAIT
        self._say(
            child.name, f"ended with status {status}; starting it again in {child.wait:.0f} s"
        )
        child.process = None
        child.start_after = now + child.wait
        child.wait = min(child.wait * 2, LONGEST_WAIT)

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(  # noqa: S603 - our own commands
            child.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="backslashreplace",
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM),
            env=os.environ | self.environment | {"PYTHONUNBUFFERED": "1"},
        )
        child.started_at = time.monotonic()
        child.reader = threading.Thread(
            target=self._relay, args=(child, child.process), daemon=True
        )
        child.reader.start()

    def _relay(self, child: Child, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            self._say(child.name, line.rstrip("\n"))

    def _say(self, name: str, line: str) -> None:
        sys.stdout.write(f"{name:>{self._width}} | {line}\n")
        sys.stdout.flush()

    def _end(self) -> None:
        """The web server first, so that nothing new comes in; then those who work it off."""
        self._say("portal", "stopping")
        for child in self.children:
            if child.process is None or child.process.poll() is not None:
                continue
            child.process.terminate()
            try:
                child.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._say(child.name, f"did not stop within {PATIENCE:.0f} s and was killed")
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
            if child.reader is not None:
                child.reader.join(1)
        self._say("portal", "stopped")
