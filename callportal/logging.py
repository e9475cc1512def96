"""One line an event: what happened, then its facts as ``name=value``."""

import json
import logging

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# What libraries attach to records and no operator reads.
_NOISE = frozenset({"request", "response", "data", "color_message", "server_time", "status_code"})


class LineFormatter(logging.Formatter):
    """Appends the fields given by ``extra=`` to the message; line breaks stay inside quotes."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        fields = {
            name: value
            for name, value in record.__dict__.items()
            if name not in _STANDARD and name not in _NOISE
        }
        return line + "".join(f" {name}={_shown(value)}" for name, value in fields.items())


class PushAddressFilter(logging.Filter):
    """Drops the framework's line about a refused push: it holds the whole address, which is a
    secret, and the edge has said what happened."""

    def filter(self, record: logging.LogRecord) -> bool:
        path: str = getattr(getattr(record, "request", None), "path", "")
        return not path.startswith("/hooks/")


def _shown(value: object) -> str:
    text = str(value)
    is_plain = text.isprintable() and " " not in text and '"' not in text
    return text if is_plain and text else json.dumps(text, ensure_ascii=False)
