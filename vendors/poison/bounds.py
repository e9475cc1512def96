"""Bounds of time and memory around work on pushes.

From soft to hard: reading one push by the clock, a piece of work by the processor's time (waiting
for the database costs none of it), and memory; each of them raises. What no exception can stop,
because it swallows it or never comes back to Python, the kernel ends five seconds later: then
``notes`` tells the next worker what was being read.

Signals reach the main thread alone. Elsewhere only the first bound holds, by way of a timer.
"""

import ctypes
import math
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

GRACE = 5.0  # seconds of the processor's time between the exception and the end of the process
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SENTENCES = {
    signal.SIGALRM: "Reading this push did not end in time.",
    signal.SIGPROF: "Reading and merging took too much of the processor's time.",
}
_LIMITS = (resource.RLIMIT_CPU, resource.RLIMIT_DATA)
_DATA = 5  # the field of statm that holds what RLIMIT_DATA counts


class TooLongError(Exception):
    """Reading or merging did not end by itself; the sentence says what was exceeded."""


@contextmanager
def of_reading(seconds: float) -> Iterator[None]:
    """Raises TooLongError in the block once it has lasted so long, by the clock."""
    if not _is_main():
        with _of_reading_elsewhere(seconds):
            yield
        return
    before = signal.signal(signal.SIGALRM, _raise)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _of_reading_elsewhere(seconds: float) -> Iterator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    turn, is_over = threading.Lock(), False

    def end() -> None:
        with turn:
            if not is_over:
                _raise_in(thread, ctypes.py_object(TooLongError))

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except TooLongError as error:
        error.args = (_SENTENCES[signal.SIGALRM],)
        raise
    finally:
        timer.cancel()
        with turn:
            is_over = True
        _raise_in(thread, None)


def _raise_in(thread: ctypes.c_ulong, error: "ctypes.py_object[type[Exception]] | None") -> None:
    """Have a thread raise at its next step of Python; None takes that back."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, error)


@contextmanager
def of_work(seconds: float, memory: int) -> Iterator[None]:
    """Around reading and merging of one batch, or of one push: TooLongError after so many seconds
    of the processor's, MemoryError after so many bytes more than there are now."""
    if not _is_main():
        yield
        return
    before = signal.signal(signal.SIGPROF, _raise)
    limits = {what: resource.getrlimit(what) for what in _LIMITS}
    try:
        _lower(resource.RLIMIT_CPU, math.ceil(_used_seconds() + seconds + GRACE), limits)
        _lower(resource.RLIMIT_DATA, _used_memory() + memory, limits)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        for what, limit in limits.items():
            resource.setrlimit(what, limit)
        signal.signal(signal.SIGPROF, before)


def _lower(what: int, to: int, limits: dict[int, tuple[int, int]]) -> None:
    soft, hard = limits[what]
    if soft == resource.RLIM_INFINITY or to < soft:
        resource.setrlimit(what, (to, hard))


def _raise(number: int, _frame: FrameType | None) -> None:
    raise TooLongError(_SENTENCES[signal.Signals(number)])


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _used_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _used_memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[_DATA]) * _PAGE
