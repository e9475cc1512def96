"""Start the whole portal: web server, task workers and scheduler under one supervisor.

On HUP the supervisor runs this command once more, in the version that is installed by then, with
``--prepare``; what that prints last are the commands of the new processes.
"""

import errno
import json
import os
import secrets
import socket
import subprocess
import sys
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable
from functools import partial
from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from callportal import migrating, processes, running
from callportal.running import RunningError
from callportal.supervisor import Child, Commands, Supervisor

WEB = "web"
APPLICATION = "callportal.wsgi:application"
BACKLOG = 1024  # connections that wait while web servers take turns


class Command(BaseCommand):
    help = "Start web server, task workers and scheduler; stop with Ctrl-C."
    requires_system_checks = ["__all__"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--only",
            choices=["web", "worker", "courier", "scheduler"],
            help="become this one process, for where something else supervises; migrates nothing",
        )
        parser.add_argument("--prepare", type=int, metavar="SOCKET", help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            running.refuse_half_restored()
            if options["only"]:
                command = _commands()[options["only"]]
                os.execv(command[0], command)  # noqa: S606 - our own command, and no shell
            elif options["prepare"] is not None:
                self._prepare()
                self.stdout.write(json.dumps(_commands(options["prepare"])))
            else:
                with running.alone(), _listener() as listener:
                    self._prepare()
                    self._run(listener)
        except RunningError as error:
            raise CommandError(str(error)) from None

    def _run(self, listener: socket.socket) -> None:
        listener.listen(BACKLOG)
        self.stdout.write(f"callportal: {settings.PUBLIC_URL}  (data in {settings.DATA_DIR})")
        self.stdout.flush()
        # The embedded broker moves messages through the temporary folder: on one disk, no copies.
        temporary = settings.DATA_DIR / "tmp"
        temporary.mkdir(exist_ok=True)
        number = listener.fileno()
        children = [
            Child(name, command, number if name == WEB else None)
            for name, command in _commands(number).items()
        ]
        Supervisor(children, {"TMPDIR": str(temporary)}, partial(_prepare_anew, number)).run()

    def _prepare(self) -> None:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            first_line = str(error).strip().partition("\n")[0]
            raise CommandError(
                f"DATABASE_URL: the database does not answer: {first_line}"
            ) from None
        migrating.migrate()
        call_command("collectstatic", interactive=False, verbosity=0, stdout=StringIO())
        self._make_first_administrator()

    def _make_first_administrator(self) -> None:
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(15)
        users.create_superuser(username="admin", password=password)
        self.stdout.write(
            "\n  An administrator was made. The password is shown once; change it after signing in."
            f"\n\n    user      admin\n    password  {password}\n"
        )


def _listener() -> socket.socket:
    """The socket that web servers take turns on; nobody is let in yet."""
    try:
        family = socket.getaddrinfo(settings.BIND, None, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.BIND, settings.PORT))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(f"PORT: {settings.PORT} is in use by another program.") from None
        if error.errno == errno.EACCES:
            raise CommandError(f"PORT: {settings.PORT} may not be used by this user.") from None
        raise CommandError(
            f'BIND: expected an address of this machine, got "{settings.BIND}".'
        ) from None
    return listener


def _prepare_anew(listener: int, say: Callable[[str], None]) -> Commands | None:
    """Install, migrate and collect what is in the checkout by now; the commands that it starts."""
    program = settings.BASE_DIR / "portal"
    start = [sys.executable, str(program if program.exists() else settings.BASE_DIR / "manage.py")]
    done = subprocess.run(  # noqa: S603 - ourselves, in the version that is there now
        [*start, "run", "--prepare", str(listener)],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    *told, last = done.stdout.rstrip().split("\n")
    for line in told if done.returncode == 0 else [*told, last]:
        say(line)
    return json.loads(last) if done.returncode == 0 else None


def _commands(listener: int | None = None) -> dict[str, list[str]]:
    """What to start, in the order in which to stop: first what lets new work in."""
    size = settings.WEB_WORKERS, settings.WEB_THREADS
    return {
        WEB: (
            processes.web(APPLICATION, settings.BIND, settings.PORT, *size)
            if listener is None
            else processes.web_on(listener, APPLICATION, *size)
        ),
        "worker": processes.worker(settings.TASK_WORKERS),
        "courier": processes.courier(settings.COURIER_THREADS),
        "scheduler": processes.scheduler(),
    }
