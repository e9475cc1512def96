"""The embedded broker, with producers and a consumer at the same time."""

import threading
from pathlib import Path
from typing import Any

from kombu import Connection

from callportal.broker import Transport

PRODUCERS = 4
MESSAGES = 100


def connect(folder: Path) -> Connection:
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    options |= {"control_folder": str(folder / "control")}
    return Connection("filesystem://", transport=Transport, transport_options=options)


def test_nobody_ever_finds_half_a_file(tmp_path: Path) -> None:
    taken: list[Any] = []
    together = threading.Barrier(PRODUCERS + 1)

    def produce(name: int) -> None:
        with connect(tmp_path) as connection:
            together.wait()
            queue = connection.SimpleQueue("celery")
            for number in range(MESSAGES):
                queue.put({"from": name, "number": number, "padding": "x" * 20_000})

    producers = [threading.Thread(target=produce, args=[name]) for name in range(PRODUCERS)]
    for producer in producers:
        producer.start()
    with connect(tmp_path) as connection:
        together.wait()
        queue = connection.SimpleQueue("celery")
        while len(taken) < PRODUCERS * MESSAGES:
            message = queue.get(timeout=60)
            taken.append((message.payload["from"], message.payload["number"]))
            message.ack()
    for producer in producers:
        producer.join()

    everything = [(name, number) for name in range(PRODUCERS) for number in range(MESSAGES)]
    assert sorted(taken) == everything
