"""The embedded broker, with a producer and a consumer at the same time."""

import threading
from pathlib import Path
from typing import Any

from kombu import Connection

from callportal.broker import Transport

MESSAGES = 500


def connect(folder: Path) -> Connection:
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    options |= {"control_folder": str(folder / "control")}
    return Connection("filesystem://", transport=Transport, transport_options=options)


def test_a_reader_never_finds_half_a_message(tmp_path: Path) -> None:
    taken: list[Any] = []

    def produce() -> None:
        with connect(tmp_path) as connection:
            queue = connection.SimpleQueue("celery")
            for number in range(MESSAGES):
                queue.put({"number": number, "padding": "x" * 20_000})

    producer = threading.Thread(target=produce)
    producer.start()
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("celery")
        while len(taken) < MESSAGES:
            message = queue.get(timeout=30)
            taken.append(message.payload["number"])
            message.ack()
    producer.join()

    assert sorted(taken) == list(range(MESSAGES))
