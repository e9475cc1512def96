"""Commands of the portal, each in a process of its own, without importing the libraries each time.

    done = starts.manage("check", DATA_DIR=…)

One process per test run imports what is not ours and forks a child for every command; the child has
nothing but the environment that it is given, and begins with ``manage.py``, as an operator's does.
"""

import atexit
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent

# What manage.py imports that reads no settings; more would be faster, but must not need ours.
LIBRARIES = (
    *("celery.app.base", "celery.app.control", "celery.app.task", "celery.schedules"),
    *("kombu.transport.filesystem", "kombu.transport.virtual", "cryptography.fernet", "csp"),
    *("django.core.management.commands.check", "django.core.management.commands.migrate"),
    *("django.db.models", "django.db.backends.sqlite3.base", "django.forms", "django.template"),
    *("django.test", "django.views.generic", "django_stubs_ext", "environ", "httpx2", "jinja2"),
    *("numpy", "phonenumbers", "psycopg", "requests", "soundfile", "whitenoise", "yaml"),
)

Done = subprocess.CompletedProcess[str]


def manage(*words: str, **environment: str) -> Done:
    """Run ``manage.py`` with these words and these settings and no others."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with tempfile.TemporaryDirectory(prefix="callportal-start-") as folder:
        asked = {"words": words, "environment": kept | environment, "folder": folder}
        code = int(_nursery()(json.dumps(asked)))
        out, err = ((Path(folder) / name).read_text() for name in ("out", "err"))
    return Done(list(words), code, out, err)


class Nursery:
    """The process that forks; it ends with ours, when nothing more can be asked."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.starts"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._turn = threading.Lock()
        atexit.register(self._process.communicate)

    def __call__(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            return self._process.stdout.readline()


@cache
def _nursery() -> Nursery:
    return Nursery()


def main() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(**json.loads(line))
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _become(words: list[str], environment: dict[str, str], folder: str) -> None:
    """Be ``manage.py`` from its first line to its last; how it ends is how this process ends."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["manage.py", *words]
    runpy.run_path("manage.py", run_name="__main__")


if __name__ == "__main__":
    main()
