"""Keeps the portal's processes running: starts them, prefixes their lines, restarts, stops, renews.

Each child leads a session of its own, so that Ctrl-C reaches the supervisor alone and it can stop
the children in order; and each is told to die when the supervisor does.

HUP renews them, one after the other. The web server listens on a socket that the supervisor holds:
a new one is started beside the old one, which is told to go when the new one is ready. All others
stop first, since what they would do waits in the database.
"""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from callportal.processes import die_with_parent

FIRST_WAIT = 1.0
LONGEST_WAIT = 30.0
STEADY_AFTER = 60.0  # seconds after which an old crash no longer counts
PATIENCE = 25.0  # seconds that a child has to finish what it is doing
READY_WITHIN = 60.0  # seconds that a new web server has to load the application

Commands = Mapping[str, Sequence[str]]


@dataclass
class Child:
    """``hands_over`` is the socket of a child whose next one is started beside it."""

    name: str
    command: Sequence[str]
    hands_over: int | None = None
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    start_after: float = 0.0
    wait: float = FIRST_WAIT
    reader: threading.Thread | None = field(default=None, repr=False)


class Supervisor:
    """Runs children until told to stop. ``prepare`` makes everything ready for a new version, and
    gives its commands by the names of children; None: it cannot be started, and the old one goes
    on."""

    def __init__(
        self,
        children: Sequence[Child],
        environment: Mapping[str, str] | None = None,
        prepare: Callable[[Callable[[str], None]], Commands | None] | None = None,
    ) -> None:
        self.children = list(children)
        self.environment = dict(environment or {})
        self._prepare = prepare
        self._width = max(len(child.name) for child in children)
        self._stop = threading.Event()
        self._is_to_renew = False
        self._has_terminal = sys.stdout.isatty()

    def run(self) -> None:
        """Returns after a TERM or Ctrl-C, when every child has gone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        signal.signal(signal.SIGHUP, lambda *_: self._hang_up())
        while not self._stop.is_set():
            if self._is_to_renew:
                self._is_to_renew = False
                self._renew()
            for child in self.children:
                self._look_after(child)
            self._stop.wait(0.2)
        self._end()

    def _hang_up(self) -> None:
        """Somebody asks for a renewal; or the terminal is gone, and the portal goes with it."""
        if self._has_terminal and not sys.stdout.isatty():
            self._stop.set()
        else:
            self._is_to_renew = True

    def _renew(self) -> None:
        self._say("portal", "renewing")
        told = self._prepare(lambda line: self._say("portal", line)) if self._prepare else {}
        if told is None:
            self._say("portal", "not renewed: what ran goes on")
            return
        for place, child in enumerate(self.children):
            if self._stop.is_set():
                return
            new = Child(child.name, told.get(child.name, child.command), child.hands_over)
            if child.hands_over is None:
                self._dismiss(child)
                self._start(new)
            elif not self._start_beside(new):
                self._say("portal", "not renewed: what ran goes on")
                return
            else:
                self._dismiss(child)
            self.children[place] = new
        self._say("portal", "renewed")

    def _start_beside(self, new: Child) -> bool:
        """Start a child that takes over; whether it is ready to."""
        reading, writing = os.pipe()
        try:
            self._start(new, ready=writing)
            os.close(writing)
            until = time.monotonic() + READY_WITHIN
            while time.monotonic() < until and not self._stop.is_set():
                if select.select([reading], [], [], 0.2)[0]:
                    if os.read(reading, 1):
                        return True
                    break  # all of it has ended
        finally:
            os.close(reading)
        self._say(new.name, "the new one did not get ready")
        self._dismiss(new)
        return False

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

    def _start(self, child: Child, ready: int | None = None) -> None:
        command, handed = list(child.command), []
        if child.hands_over is not None:
            ready = os.open(os.devnull, os.O_WRONLY) if ready is None else os.dup(ready)
            command += ["--ready", str(ready)]
            handed = [child.hands_over, ready]
        child.process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            pass_fds=handed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="backslashreplace",
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM),
            env=os.environ | self.environment | {"PYTHONUNBUFFERED": "1"},
        )
        if ready is not None and handed:
            os.close(ready)
        child.started_at = time.monotonic()
        child.reader = threading.Thread(
            target=self._relay, args=(child, child.process), daemon=True
        )
        child.reader.start()

    def _relay(self, child: Child, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            self._say(child.name, line.rstrip("\n"))

    def _say(self, name: str, line: str) -> None:
        with suppress(OSError):  # the terminal is gone
            sys.stdout.write(f"{name:>{self._width}} | {line}\n")
            sys.stdout.flush()

    def _end(self) -> None:
        """The web server first, so that nothing new comes in; then those who work it off."""
        self._say("portal", "stopping")
        for child in self.children:
            self._dismiss(child)
        self._say("portal", "stopped")

    def _dismiss(self, child: Child) -> None:
        """Tell a child to go, and see it gone."""
        if child.process is None:
            return
        if child.process.poll() is None:
            child.process.terminate()
            try:
                child.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._say(child.name, f"did not stop within {PATIENCE:.0f} s and was killed")
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
        if child.reader is not None:
            child.reader.join(1)
