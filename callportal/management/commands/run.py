"""Start the whole portal: web server, task workers and scheduler under one supervisor."""

import errno
import os
import secrets
import socket
from argparse import ArgumentParser
from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from callportal import processes
from callportal.supervisor import Child, Supervisor


class Command(BaseCommand):
    help = "Start web server, task workers and scheduler; stop with Ctrl-C."
    requires_system_checks = ["__all__"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--only",
            choices=["web", "worker", "courier", "scheduler"],
            help="become this one process, for where something else supervises; migrates nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["only"]:
            command = _commands()[options["only"]]
            os.execv(command[0], command)  # noqa: S606 - our own command, and no shell
        self._prepare()
        self.stdout.write(f"callportal: {settings.PUBLIC_URL}  (data in {settings.DATA_DIR})")
        self.stdout.flush()
        # The embedded broker moves messages through the temporary folder: on one disk, no copies.
        temporary = settings.DATA_DIR / "tmp"
        temporary.mkdir(exist_ok=True)
        children = [Child(name, command) for name, command in _commands().items()]
        Supervisor(children, {"TMPDIR": str(temporary)}).run()

    def _prepare(self) -> None:
        _check_place()
        try:
            connection.ensure_connection()
        except OperationalError as error:
            first_line = str(error).strip().partition("\n")[0]
            raise CommandError(
                f"DATABASE_URL: the database does not answer: {first_line}"
            ) from None
        call_command("migrate", interactive=False, verbosity=0)
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


def _check_place() -> None:
    """The web server would only fail later, and again and again."""
    try:
        family = socket.getaddrinfo(settings.BIND, None, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.BIND, settings.PORT))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(f"PORT: {settings.PORT} is in use by another program.") from None
        if error.errno == errno.EACCES:
            raise CommandError(f"PORT: {settings.PORT} may not be used by this user.") from None
        raise CommandError(
            f'BIND: expected an address of this machine, got "{settings.BIND}".'
        ) from None


def _commands() -> dict[str, list[str]]:
    """What to start, in the order in which to stop: first what lets new work in."""
    return {
        "web": processes.web(
            "callportal.wsgi:application",
            settings.BIND,
            settings.PORT,
            settings.WEB_WORKERS,
            settings.WEB_THREADS,
        ),
        "worker": processes.worker(settings.TASK_WORKERS),
        "courier": processes.courier(settings.COURIER_THREADS),
        "scheduler": processes.scheduler(),
    }
