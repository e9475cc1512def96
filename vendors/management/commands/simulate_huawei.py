"""Serve a simulated Huawei VoiceCall platform, and have an account talk to it."""

import logging
import secrets
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from vendors import accounts
from vendors.models import VendorAccount
from vendors.simulator import huawei
from vendors.simulator.huawei_platform.platform import Platform, Request
from vendors.simulator.huawei_platform.pushes import Pushed
from vendors.simulator.huawei_platform.results import table
from vendors.vault import SealedWithAnotherKeyError

VENDOR, NAME, PORT = "huawei", "Demo", 8100
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
MOST_PORT = 65535


class Command(BaseCommand):
    help = "Serve a simulated Huawei VoiceCall platform until Ctrl-C, for one account to call."

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.stop = threading.Event()
        self._lock = threading.Lock()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=PORT, help=f"where it listens ({PORT})")
        parser.add_argument("--account", default=NAME, help=f"the account that calls it ({NAME})")
        parser.add_argument(
            "--step", type=float, default=1.0, help="seconds between a call's events (1)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # its lines would show addresses
        if not 0 <= options["port"] <= MOST_PORT:
            raise CommandError(f"--port: expected 0 to {MOST_PORT}, got {options['port']}.")
        if not 0 <= options["step"] < threading.TIMEOUT_MAX:
            raise CommandError(f"--step: expected seconds, got {options['step']}.")
        account = _account(options["account"])
        settings = _credentials(account)
        platform = self._platform(account, settings, options)
        with platform:
            accounts.configure(account, {"base_url": platform.url})
            self._print_what_it_serves(platform, account)
            with self._stopped_by(signal.SIGINT, signal.SIGTERM):
                self.stop.wait()
        self.stdout.write("The simulated platform has stopped.")

    @contextmanager
    def _stopped_by(self, *numbers: signal.Signals) -> Iterator[None]:
        before = {one: signal.signal(one, lambda *_: self.stop.set()) for one in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _platform(
        self, account: VendorAccount, settings: Mapping[str, str], options: Mapping[str, Any]
    ) -> Platform:
        urls = accounts.webhooks(account)
        try:
            return Platform(
                apps={settings["app_key"]: settings["app_secret"]},
                port=options["port"],
                status_url=urls["status"],
                fee_url=urls["fee"],
                step=options["step"],
                talk=5 * options["step"],
                tell=self._tell,
            )
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} cannot be listened on ({error.strerror}). "
                "Give another with --port."
            ) from None

    def _print_what_it_serves(self, platform: Platform, account: VendorAccount) -> None:
        self.stdout.write(f"Huawei VoiceCall, simulated: {platform.url}")
        self.stdout.write(f'The account "{account.name}" calls it now. Ctrl-C stops it.\n\n')
        for line in table():
            self.stdout.write(f"  {line}")
        self.stdout.write("")
        self.stdout.flush()

    def _tell(self, what: Request | Pushed) -> None:
        line = _request_line(what) if isinstance(what, Request) else _push_line(what)
        with self._lock:
            self.stdout.write(f"{timezone.localtime(what.at):%H:%M:%S}  {line}")
            self.stdout.flush()


def _request_line(request: Request) -> str:
    """Numbers by their last four digits alone; a recording's file by its path, without query."""
    who = [
        _masked(request.parameters[key])
        for key in ("callerNbr", "calleeNbr")
        if key in request.parameters
    ]
    name = request.operation or request.asked.path
    answer = "connection cut" if request.status is None else str(request.status)
    words = [f"{name:<12}", " → ".join(who), answer, request.code]
    if request.unknown:
        words.append(f"(unknown: {', '.join(request.unknown)})")
    return " ".join(word for word in words if word)


def _push_line(pushed: Pushed) -> str:
    host = urlsplit(pushed.address).netloc
    answer = "no answer" if pushed.status is None else str(pushed.status)
    refused = "" if pushed.is_thanked or pushed.status is None else "(not thanked)"
    words = [f"push {pushed.event:<10}", _masked(pushed.called), host, answer, refused]
    return " ".join(word for word in words if word)


def _masked(number: object) -> str:
    return f"…{str(number)[-4:]}" if number else ""


def _account(name: str) -> VendorAccount:
    """The account of that name, made if need be; never one that calls the real platform."""
    try:
        found = VendorAccount.objects.filter(vendor=VENDOR, name=name).first()
        account = found or accounts.create(VENDOR, name)
    except DatabaseError as error:
        raise CommandError(
            f"The database of this command is not the portal's ({error}). "
            "Give both the same DATA_DIR and DATABASE_URL."
        ) from None
    if not account.is_enabled:
        raise CommandError(f"The account {account} is disabled. Enable it in the admin first.")
    host = urlsplit(account.options.get("base_url") or "").hostname or ""
    if host and host not in LOOPBACK and not host.endswith(".example"):
        raise CommandError(
            f"The account {account} calls {host}. Name another one with --account: this one's "
            "base_url would be replaced."
        )
    return account


def _credentials(account: VendorAccount) -> dict[str, str]:
    """The account's app key and secret, made up where it has none."""
    try:
        settings = accounts.settings_of(account)
    except SealedWithAnotherKeyError as error:
        raise CommandError(str(error)) from None
    made = {"app_key": huawei.APP_KEY, "app_secret": secrets.token_hex(10)}
    missing = {key: value for key, value in made.items() if not settings.get(key)}
    if missing:
        accounts.configure(account, missing)
    return {**settings, **missing}
