"""The supervisor, with real processes: it restarts what dies and leaves nothing behind."""

import os
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A child that says who it is and then waits to be told to go.
CHILD = """
import os, signal, sys, time
def go(*_):
    print("finished its work", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, go)
print("pid", os.getpid(), flush=True)
while True:
    signal.pause()
"""

PARENT = f"""
import sys
from callportal import supervisor
supervisor.FIRST_WAIT = 0.1
code = {CHILD!r}
children = [
    supervisor.Child(name, [sys.executable, "-c", code], wait=0.1) for name in ("web", "worker")
]
supervisor.Supervisor(children).run()
"""


# A web worker that is still importing when its master is killed.
ORPHAN = """
import multiprocessing, os, signal, sys
from callportal.processes import die_with_parent

def work(ready):
    print("pid", os.getpid(), flush=True)
    ready.set()
    while os.getppid() == multiprocessing.parent_process().pid:
        pass
    die_with_parent(signal.SIGTERM)
    print("it outlived its master", flush=True)

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    context.Process(target=work, args=[ready]).start()
    ready.wait()
    os.kill(os.getpid(), signal.SIGKILL)
"""


class Portal:
    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", textwrap.dedent(PARENT)],
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.lines = self.process.stdout

    def wait_for(self, *words: str) -> str:
        """The next line that holds all these words; fails when the output ends before."""
        for line in self.lines:
            if all(word in line for word in words):
                return line
        raise AssertionError(f"the output ended without a line with {words}")

    def pids(self) -> dict[str, int]:
        found: dict[str, int] = {}
        while len(found) < 2:
            name, _, words = self.wait_for("pid").partition("|")
            found[name.strip()] = int(words.split()[1])
        return found


@pytest.fixture
def portal() -> Iterator[Portal]:
    running = Portal()
    yield running
    running.process.kill()
    running.process.wait()
    running.lines.close()


def wait_until_gone(pid: int) -> None:
    """Returns when the process has ended; fails after half a minute."""
    try:
        ended = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    readable, _, _ = select.select([ended], [], [], 30)
    os.close(ended)
    assert readable, f"process {pid} is still there"


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_and_lets_its_children_finish(
    portal: Portal, number: signal.Signals
) -> None:
    pids = portal.pids()

    portal.process.send_signal(number)

    portal.wait_for("web", "finished its work")
    portal.wait_for("worker", "finished its work")
    portal.wait_for("portal", "stopped")
    assert portal.process.wait() == 0
    assert all(is_gone(pid) for pid in pids.values())


def test_a_child_that_is_killed_is_started_again(portal: Portal) -> None:
    first = portal.pids()

    os.kill(first["worker"], signal.SIGKILL)

    portal.wait_for("worker", "ended with status -9", "starting it again")
    second = portal.wait_for("worker", "pid")
    assert int(second.split()[-1]) != first["worker"]
    assert not is_gone(first["web"])


def test_children_do_not_outlive_a_supervisor_that_is_killed(portal: Portal) -> None:
    pids = portal.pids()

    portal.process.kill()
    portal.process.wait()

    for pid in pids.values():
        wait_until_gone(pid)


def test_a_worker_whose_master_ended_before_it_could_ask_ends_as_well() -> None:
    done = subprocess.run(  # noqa: S603 - a script of ours
        [sys.executable, "-c", ORPHAN], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stdout.startswith("pid")
    assert "outlived" not in done.stdout
