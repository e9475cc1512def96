"""The embedded broker: a folder of messages, for an installation without Redis.

kombu's own file transport writes a message under the name that readers look for, so that a reader
may find it half written, which ends a worker. Here a message gets its name when it is whole.
"""

import json
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """kombu's channel, with messages that appear whole."""

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        folder = Path(self.data_folder_out)
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_text(json.dumps(message))
        unfinished.replace(folder / name)


class Transport(filesystem.Transport):
    Channel = Channel
    driver_type = "callportal folder"
