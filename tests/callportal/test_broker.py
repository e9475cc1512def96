"""The embedded broker, with producers and a consumer at the same time, each a process."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from kombu import Connection

from callportal.broker import Transport

ROOT = Path(__file__).parents[2]
PRODUCERS = 3
MESSAGES = 100

PRODUCER = """
import sys
from pathlib import Path
from tests.callportal.test_broker import MESSAGES, connect
with connect(Path(sys.argv[1])) as connection:
    queue = connection.SimpleQueue("celery")
    for number in range(MESSAGES):
        queue.put({"from": int(sys.argv[2]), "number": number, "padding": "x" * 20_000})
"""


def connect(folder: Path) -> Connection:
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    options |= {"control_folder": str(folder / "control")}
    return Connection("filesystem://", transport=Transport, transport_options=options)


def test_nobody_ever_finds_half_a_file(tmp_path: Path) -> None:
    Transport.global_state.clear()  # which queues this process has declared, in whatever folder
    producers = [
        subprocess.Popen([sys.executable, "-c", PRODUCER, str(tmp_path), str(name)], cwd=ROOT)  # noqa: S603
        for name in range(PRODUCERS)
    ]
    taken: list[Any] = []

    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("celery")
        while len(taken) < PRODUCERS * MESSAGES:
            message = queue.get(timeout=60)
            taken.append((message.payload["from"], message.payload["number"]))
            message.ack()

    assert [producer.wait() for producer in producers] == [0] * PRODUCERS
    everything = [(name, number) for name in range(PRODUCERS) for number in range(MESSAGES)]
    assert sorted(taken) == everything
