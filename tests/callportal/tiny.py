"""An application that says which process answers; on a path, only when a pipe of that name is
written to."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/":
        Path(environ["PATH_INFO"]).read_bytes()
    start("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
