"""The embedded broker: a folder of messages, for an installation without Redis.

kombu's own file transport opens a file under the name that others look for before it has locked or
written it, so that another process may find it empty, which ends a worker. Here a message gets its
name when it is whole, and the tables of queues are read and written under one lock.
"""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_SH, flock
from pathlib import Path
from typing import Any

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """kombu's channel, in which nothing is ever seen half written."""

    def _put(self, queue: str, *args: Any, **kwargs: Any) -> None:
        (payload,) = args
        folder = Path(self.data_folder_out)
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_text(json.dumps(payload))
        unfinished.replace(folder / name)

    def get_table(self, exchange: str) -> Any:
        with self._locked(LOCK_SH):
            return super().get_table(exchange)

    def _queue_bind(self, *args: Any) -> None:
        with self._locked(LOCK_EX):
            super()._queue_bind(*args)

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        self.control_folder.mkdir(exist_ok=True)
        with (self.control_folder / "lock").open("a") as guard:
            flock(guard, how)  # released when the file is closed
            yield


class Transport(filesystem.Transport):
    Channel = Channel
    driver_type = "callportal folder"
