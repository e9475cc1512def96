"""Real servers for tests and benchmarks: a PostgreSQL and a Redis of the run's own.

    python -m tests.servers COMMAND …

runs a command with DATABASE_URL and REDIS_URL set to fresh servers and ends them after it.
PostgreSQL keeps its default durability; Redis keeps nothing. Both listen on the loopback alone, are
told to die with the process that started them, and leave no files behind.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from callportal.processes import die_with_parent

PATIENCE = 30.0  # seconds that a server has to start, and again to stop
NAME = "callportal"
DEBIANS = "usr/lib/postgresql"


class ServerMissingError(Exception):
    """A server that the run needs cannot be started: the sentence says what to do."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def end(process: "subprocess.Popen[Any]", by: signal.Signals = signal.SIGTERM) -> None:
    """Ask one process of ours to stop, and see it gone."""
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def postgres(keep: Path | None = None, port: int = 0) -> Iterator[str]:
    """A fresh PostgreSQL with an empty database; its DATABASE_URL.

    With a folder to keep it in, it is the one that was left there, if any was.
    """
    server = _postgres_program("postgres")
    someone = _someone_ordinary()
    with nullcontext(keep) if keep else _folder("postgres") as folder:
        data, port = folder / "data", port or free_port()
        if not data.exists():
            _make_postgres(folder, data, someone)
        command: list[str | Path] = [server, "-D", data, "-p", str(port)]
        command += ["-k", folder, "-h", "127.0.0.1", "-c", "max_connections=200"]
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave.
        with _running(command, folder, signal.SIGINT, someone) as (process, log):
            _wait_for(lambda: _postgres_answers(folder, port), process, log)
            yield f"postgres://{NAME}@127.0.0.1:{port}/{NAME}"


def _make_postgres(folder: Path, data: Path, someone: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if someone:
        os.chown(folder, someone["user"], someone["group"])
    making = [_postgres_program("initdb"), "--pgdata", str(data), "--username", NAME]
    making += ["--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8"]
    made = subprocess.run(  # noqa: S603 - a program of PostgreSQL's own
        making,
        capture_output=True,
        text=True,
        cwd=folder,
        **someone,
    )
    if made.returncode:
        raise ServerMissingError(f"initdb failed: {made.stderr.strip()}")


@contextmanager
def redis(port: int = 0) -> Iterator[str]:
    """A fresh Redis that keeps nothing; its REDIS_URL."""
    program = shutil.which("redis-server")
    if program is None:
        raise ServerMissingError(
            "redis-server was not found on PATH. Install Debian's package redis-server."
        )
    with _folder("redis") as folder:
        port = port or free_port()
        command: list[str | Path] = [program, "--port", str(port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", folder]
        with _running(command, folder, signal.SIGTERM, {}) as (process, log):
            _wait_for(lambda: _redis_answers(port), process, log)
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"callportal-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(
    command: Sequence[str | Path], folder: Path, ended_by: signal.Signals, someone: dict[str, Any]
) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    """A server while it runs, in a session of its own so that Ctrl-C is ours to handle."""
    log = folder / "log"
    with log.open("wb") as lines:
        process = subprocess.Popen(  # noqa: S603 - the servers named above
            command,
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, ended_by),
            **someone,
        )
    try:
        yield process, log
    finally:
        end(process, ended_by)


def _postgres_program(name: str) -> str:
    """A program of PostgreSQL; Debian keeps those of the server off PATH, newest version last."""
    debians = sorted(
        Path("/").glob(f"{DEBIANS}/*/bin/{name}"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdecimal() else 0,
    )
    found = shutil.which(name) or (str(debians[-1]) if debians else None)
    if found is None:
        raise ServerMissingError(
            f"{name} was found neither on PATH nor in /{DEBIANS}/*/bin. "
            "Install Debian's package postgresql."
        )
    return found


def _someone_ordinary() -> dict[str, Any]:
    """Whom to run PostgreSQL as, which refuses root: nothing to say unless we are root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise ServerMissingError(
        "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as."
    )


def _wait_for(answers: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    end_at = time.monotonic() + PATIENCE
    while not answers():
        if process.poll() is not None or time.monotonic() > end_at:
            said = log.read_text(errors="replace").strip()
            raise ServerMissingError(f"{process.args!r} did not start. It said: {said[-1000:]}")
        time.sleep(0.02)


def _postgres_answers(folder: Path, port: int) -> bool:
    try:
        with (
            psycopg.connect(
                host=str(folder), port=port, user=NAME, dbname="postgres", autocommit=True
            ) as connection,
            suppress(psycopg.errors.DuplicateDatabase),
        ):
            connection.execute(f"CREATE DATABASE {NAME}")
    except psycopg.OperationalError:
        return False
    return True


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16) == b"+PONG\r\n"
    except OSError:
        return False


def _stop(number: int, _frame: object) -> None:
    """A TERM ends this process the ordinary way, so that the servers end with it."""
    sys.exit(128 + number)


def main(command: Sequence[str]) -> int:
    if not command:
        sys.stderr.write("Say which command to run: python -m tests.servers COMMAND …\n")
        return 2
    signal.signal(signal.SIGTERM, _stop)
    try:
        with postgres() as database_url, redis() as redis_url:
            given = os.environ | {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
            process = subprocess.Popen(command, env=given)  # noqa: S603 - the caller's command
            try:
                return process.wait()
            finally:
                end(process)
    except ServerMissingError as error:
        sys.stderr.write(f"tests.servers: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
