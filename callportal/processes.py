"""The portal's processes: how each is started, and that none outlives the one that started it."""

import ctypes
import multiprocessing
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(number: signal.Signals) -> None:
    """Have the kernel send this process a signal when its parent ends, however it ends.

    A web worker whose master was killed would go on holding the port, a task worker its claims.
    """
    _libc.prctl(PR_SET_PDEATHSIG, number)
    parent = multiprocessing.parent_process()
    if parent is not None and os.getppid() != parent.pid:
        os.kill(os.getpid(), number)  # it ended before the kernel was asked


def web(application: str, host: str, port: int, workers: int, threads: int) -> list[str]:
    """The web server. Connections wait in its event loop; threads are for requests alone, so that
    idle connections of vendors and proxies hold up nobody."""
    command = [sys.executable, "-m", "granian", application, "--interface", "wsgi"]
    command += ["--host", host, "--port", str(port), "--http", "1", "--no-ws"]
    command += ["--workers", str(workers), "--blocking-threads", str(threads)]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "20s"]
    command += ["--log-level", "warning"]
    return command


def web_on(listener: int, application: str, workers: int, threads: int) -> list[str]:
    """The same on a socket that listens already, and that the next one is handed too."""
    command = [sys.executable, "-m", "callportal.web", application, "--socket", str(listener)]
    return [*command, "--workers", str(workers), "--threads", str(threads)]


def worker(processes: int) -> list[str]:
    """The task worker, which makes calls of pushes."""
    return [*_tasks("worker", "celery"), "--pool", "prefork", "--concurrency", str(processes)]


def courier(threads: int) -> list[str]:
    """The worker that talks to vendors' servers. It mostly waits, so it has threads; and it is a
    process of its own, so that a slow server never holds up a push."""
    return [*_tasks("courier", "courier"), "--pool", "threads", "--concurrency", str(threads)]


def _tasks(name: str, queue: str) -> list[str]:
    """A task worker. Nothing listens to its gossip, and its heartbeat would need a broker."""
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "callportal", "worker"]
    command += ["--loglevel", "INFO", "--hostname", f"{name}@%h", "--queues", queue]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return command


def scheduler() -> list[str]:
    """The scheduler: it rings for the sweep. There must be one and only one."""
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "callportal", "beat"]
    command += ["--loglevel", "WARNING", "--pidfile="]
    return command
