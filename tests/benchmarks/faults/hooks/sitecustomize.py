"""Loaded by every Python process of a portal that is being tried: at a point that is armed the
process kills itself. A point is armed by a file, which one process alone can take away.

Two more files change how a process sees the world: ``clock`` holds seconds that the web server's
clock is ahead, ``slow`` how many pushes a second the worker may process.
"""

import functools
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(os.environ.get("FAULTS_FOLDER", "/nonexistent"))

# module: (function, point before it, point after it where it did something)
WRAPPED: dict[str, list[tuple[str, str, str]]] = {
    "vendors.inbox": [
        ("keep", "web-before-keep", "web-kept"),
        ("_claim", "", "worker-claimed"),
        ("_settle", "", "worker-settled"),
        ("_process", "", "worker-committed"),
    ],
    "calls.ingest": [("apply", "worker-read", "worker-merged")],
    "vendors.fetching": [
        ("_load", "courier-fetching", ""),
        ("_keep", "courier-fetched", ""),
    ],
    "vendors.watch.balance": [("_take_chunk", "", "courier-counted")],
}


def at(point: str) -> None:
    if not point:
        return
    try:
        (FOLDER / f"{point}.armed").unlink()
    except OSError:
        return
    (FOLDER / f"{point}.struck").touch()
    os.kill(os.getpid(), signal.SIGKILL)


def wrap(module: ModuleType, name: str, before: str, after: str) -> None:
    real: Callable[..., Any] = getattr(module, name)

    @functools.wraps(real)
    def wrapped(*words: Any, **named: Any) -> Any:
        at(before)
        done = real(*words, **named)
        if done or name == "_settle":
            at(after)
        return done

    setattr(module, name, wrapped)


def slow_down(module: ModuleType) -> None:
    real = module._process

    def slowed(*words: Any, **named: Any) -> Any:
        began = time.monotonic()
        done = real(*words, **named)
        try:
            seconds = done / float((FOLDER / "slow").read_text())
        except (OSError, ValueError):
            return done
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        return done

    module._process = slowed  # type: ignore[attr-defined]


def shift_clock(module: ModuleType) -> None:
    """Only in the web server: the words of its processes, or of their parents, tell."""
    words = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in (os.getpid(), os.getppid())]
    if not any(b"callportal.wsgi" in one for one in words):
        return
    real = module.now

    def now() -> Any:
        try:
            return real() + timedelta(seconds=float((FOLDER / "clock").read_text()))
        except (OSError, ValueError):
            return real()

    module.now = now  # type: ignore[attr-defined]


class Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name not in {*WRAPPED, "django.utils.timezone"}:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            for one in WRAPPED.get(name, ()):
                wrap(module, *one)
            if name == "vendors.inbox":
                slow_down(module)
            if name == "django.utils.timezone":
                shift_clock(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if FOLDER.is_dir():
    sys.meta_path.insert(0, Finder())
