"""Renewal, with real web servers: a new one takes over the socket, and nobody outside notices."""

import http.client
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PARENT = """
import socket, sys
from callportal import supervisor
from callportal.processes import web_on

listener = socket.create_server(("127.0.0.1", 0))
number = listener.fileno()
web = web_on(number, "tests.callportal.tiny:application", 1, 4)
child = supervisor.Child("web", web, number)
plan = iter(sys.argv[1:])

def prepare(say):
    return {"good": {}, "bad": {"web": [sys.executable, "-c", ""]}, "none": None}[next(plan)]

print("port", listener.getsockname()[1], flush=True)
supervisor.Supervisor([child], prepare=prepare).run()
"""


class Portal:
    def __init__(self, *plan: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", textwrap.dedent(PARENT), *plan],
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.lines = self.process.stdout
        self.port = int(self.wait_for("port").split()[1])

    def wait_for(self, words: str) -> str:
        for line in self.lines:
            if words in line:
                return line
        raise AssertionError(f"the output ended without a line with {words}")

    def get(self, path: str = "/") -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == 200
            return answer.read().decode()
        finally:
            connection.close()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.lines.close()


@pytest.fixture
def portals() -> Iterator[list[Portal]]:
    started: list[Portal] = []
    yield started
    for one in started:
        one.end()


def test_nothing_is_refused_while_web_servers_take_turns(portals: list[Portal]) -> None:
    portals.append(portal := Portal("good", "good"))
    first = portal.get()
    answers: Counter[str] = Counter()
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            try:
                answers[portal.get()] += 1
            except (OSError, http.client.HTTPException) as error:
                answers[repr(error)] += 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        portal.process.send_signal(signal.SIGHUP)
        portal.wait_for("| renewed")
    is_over.set()
    for thread in threads:
        thread.join()

    assert all(answer.isdecimal() for answer in answers), answers
    assert portal.get() != first
    assert len(answers) == 3


def test_a_request_that_is_being_answered_is_answered_by_the_old_one(
    portals: list[Portal], tmp_path: Path
) -> None:
    portals.append(portal := Portal("good"))
    first = portal.get()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(portal.get(str(pipe))))
    asking.start()

    with pipe.open("wb") as end:  # returns when the application reads
        portal.process.send_signal(signal.SIGHUP)
        while portal.get() == first:
            pass
        end.write(b"go on")
    asking.join()
    portal.wait_for("| renewed")

    assert answers == [first]


@pytest.mark.parametrize("plan", ["bad", "none"])
def test_a_version_that_does_not_start_leaves_the_old_one_running(
    portals: list[Portal], plan: str
) -> None:
    portals.append(portal := Portal(plan, "good"))
    first = portal.get()

    portal.process.send_signal(signal.SIGHUP)
    portal.wait_for("not renewed")
    after_the_bad_one = portal.get()
    portal.process.send_signal(signal.SIGHUP)
    portal.wait_for("| renewed")

    assert after_the_bad_one == first
    assert portal.get() != first
