"""Start the whole portal: web server, task worker and scheduler under one supervisor."""

import secrets
import sys
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from callportal.supervisor import Child, Supervisor


class Command(BaseCommand):
    help = "Start web server, task worker and scheduler; stop with Ctrl-C."
    requires_system_checks = ["__all__"]

    def handle(self, *args: Any, **options: Any) -> None:
        self._prepare()
        self.stdout.write(f"callportal: {settings.PUBLIC_URL}  (data in {settings.DATA_DIR})")
        self.stdout.flush()
        # The embedded broker moves messages through the temporary folder: on one disk, no copies.
        temporary = settings.DATA_DIR / "tmp"
        temporary.mkdir(exist_ok=True)
        Supervisor([_web(), _worker(), _scheduler()], {"TMPDIR": str(temporary)}).run()

    def _prepare(self) -> None:
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


def _web() -> Child:
    bind = f"[{settings.BIND}]" if ":" in settings.BIND else settings.BIND
    command = [sys.executable, "-m", "gunicorn", "callportal.wsgi:application"]
    command += ["--config", str(Path(__file__).parents[2] / "gunicorn.py")]
    command += ["--bind", f"{bind}:{settings.PORT}"]
    return Child("web", command)


def _worker() -> Child:
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "--app",
        "callportal",
        "worker",
        "--loglevel",
        "INFO",
    ]
    command += ["--concurrency", str(settings.TASK_WORKERS), "--pool", "prefork"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Child("worker", command)


def _scheduler() -> Child:
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "--app",
        "callportal",
        "beat",
        "--loglevel",
        "WARNING",
    ]
    command += ["--pidfile="]
    return Child("scheduler", command)
