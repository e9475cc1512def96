"""Fill the running portal with a month of made-up traffic, through its own push addresses."""

import logging
import secrets
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.db.models import Sum
from django.utils import timezone
from tqdm import tqdm

from calls.models import Sound, SoundState
from vendors import accounts
from vendors.models import Push, State, VendorAccount
from vendors.simulator import agreement, placing, plan, records
from vendors.simulator.scenario import Player
from vendors.simulator.sending import Line, NotTakenError, Sender, Sent
from vendors.spool import standing

NAME = "Demo"
PATIENCE = 180.0  # seconds without any progress
TOKEN_LIVES = timedelta(hours=1)
EARLIER = timedelta(hours=1)  # some calls began a little before the plan does


class Command(BaseCommand):
    help = (
        "Fill the running portal with a month of made-up traffic, count what it shows, and place "
        "some calls through a simulated platform."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        url = f"http://127.0.0.1:{settings.PORT}"
        parser.add_argument("--calls", type=_least(1), default=2000, help="about how many calls")
        parser.add_argument("--days", type=_least(1), default=30, help="how many days they span")
        parser.add_argument("--seed", type=int, default=1, help="another seed, another month")
        parser.add_argument("--end", type=_moment, help="when the month ends; now, to the hour")
        parser.add_argument("--url", default=url, help=f"where the portal listens ({url})")
        parser.add_argument("--rate", type=_least(1), default=300, help="pushes a second, at most")
        parser.add_argument(
            "--records-port",
            type=_least(1),
            default=8101,
            help="where the recordings are served from, meanwhile (8101)",
        )
        parser.add_argument("--threads", type=_least(1), default=4, help="pushes at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("httpx2", "callportal.outbox"):  # lines among those of the demo
            logging.getLogger(name).setLevel(logging.WARNING)
        url = options["url"]
        end = options["end"] or timezone.now().astimezone(UTC)
        with httpx2.Client() as client, _records(options["records_port"]) as records_url:
            _check_ready(client, url)
            planned = plan.make(
                seed=options["seed"],
                end=end.replace(minute=0, second=0, microsecond=0),
                days=options["days"],
                calls=options["calls"],
            )
            made = records.announced(planned, records_url)
            rows = _accounts()
            for vendor, given in records.settings(records_url).items():
                accounts.configure(rows[vendor], given)
            wanted = agreement.digests(made)
            before = {vendor: agreement.kept(rows[vendor], wanted[vendor]) for vendor in rows}
            sent = _send(client, url, made, rows, options)
            self._wait(rows)
            after = {vendor: agreement.kept(rows[vendor], wanted[vendor]) for vendor in rows}
            results = {
                vendor: agreement.compare(
                    vendor,
                    plan=made,
                    acknowledged=sent.acknowledged[vendor],
                    repeated=sent.repeated[vendor],
                    before=before[vendor],
                    after=after[vendor],
                    shown=calls,
                )
                for vendor, calls in _read(client, url, rows, made.start - EARLIER).items()
            }
            self._report(results)
            self._wait_for_recordings(rows)
        self._place(rows["huawei"], url)

    def _place(self, account: VendorAccount, url: str) -> None:
        """Have the portal place calls through a platform that is played here, and count them."""
        self.stdout.write("\nPlacing calls through a simulated Huawei platform:")
        try:
            stories = placing.place(account, url, self.stdout.write)
        except placing.NothingMovesError as error:
            raise CommandError(str(error)) from None
        if wrong := [one for one in stories if one.problem]:
            raise CommandError("\n".join(f"{one.wish}: {one.problem}" for one in wrong))
        self.stdout.write(
            "Nobody was dialled twice. ./portal simulate_huawei plays the platform for as long as "
            "you like."
        )

    def _wait(self, rows: Mapping[str, VendorAccount]) -> None:
        """Wait until nothing of the demo's is waiting any more."""
        waiting = Push.objects.filter(account__in=rows.values(), state=State.WAITING)
        left, seen, moved_at = waiting.count(), None, time.monotonic()
        with tqdm(total=left, desc="processing", unit=" pushes", disable=None) as bar:
            while left := standing.look().pushes + waiting.count():
                now_seen = left, waiting.aggregate(tries=Sum("attempts"))["tries"]
                if now_seen != seen:
                    seen, moved_at = now_seen, time.monotonic()
                if time.monotonic() - moved_at > PATIENCE:
                    raise CommandError(
                        f"{left} pushes are kept but still waiting, and nothing has moved for "
                        f"{PATIENCE:.0f} seconds. Is the task worker running? "
                        "./portal run starts it."
                    )
                bar.update(max(0, bar.total - left - bar.n))
                time.sleep(0.5)
            bar.update(bar.total - bar.n)

    def _wait_for_recordings(self, rows: Mapping[str, VendorAccount]) -> None:
        """Wait until every recording is here: their server ends with this command."""
        sounds = Sound.objects.filter(call__account__in=rows.values())
        open_ones = sounds.filter(state__in=[SoundState.WAITING, SoundState.FETCHING])
        seen, moved_at = 0, time.monotonic()
        with tqdm(
            total=open_ones.count(), desc="fetching", unit=" recordings", disable=None
        ) as bar:
            while left := open_ones.count():
                if left != seen:
                    seen, moved_at = left, time.monotonic()
                if time.monotonic() - moved_at > PATIENCE:
                    raise CommandError(
                        f"{left} recordings are still to be fetched, and nothing has moved for "
                        f"{PATIENCE:.0f} seconds. Is the courier running? ./portal run starts it."
                    )
                bar.update(max(0, bar.total - left - bar.n))
                time.sleep(0.5)
            bar.update(bar.total - bar.n)
        stored = sounds.filter(state=SoundState.STORED).count()
        self.stdout.write(f"\n{stored:,} of {sounds.count():,} recordings are fetched and stored.")

    def _report(self, results: Mapping[str, agreement.Result]) -> None:
        self.stdout.write("\n".join(agreement.table(results)))
        differences = [line for one in results.values() for line in one.differences]
        if differences:
            raise CommandError("They differ:\n" + "\n".join(differences))
        self.stdout.write("They agree.")


def _least(smallest: int) -> Any:
    def whole(text: str) -> int:
        if not text.isdecimal() or int(text) < smallest:
            raise ValueError
        return int(text)

    return whole


def _moment(text: str) -> datetime:
    """A moment; without a zone it is meant in the portal's."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else timezone.make_aware(at)).astimezone(UTC)


@contextmanager
def _records(port: int) -> Iterator[str]:
    try:
        with records.served(port) as url:
            yield url
    except OSError as error:
        raise CommandError(
            f"Port {port} cannot be listened on ({error.strerror}). "
            "Give another with --records-port."
        ) from None


def _check_ready(client: httpx2.Client, url: str) -> None:
    try:
        answer = client.get(f"{url.rstrip('/')}/readyz", timeout=10)
    except (httpx2.TransportError, httpx2.InvalidURL) as error:
        raise CommandError(
            f"The portal does not answer at {url} ({error}). Start it with ./portal run"
        ) from None
    if answer.status_code != 200:
        raise CommandError(f"The portal at {url} is not ready: {answer.text!r:.200}")


def _accounts() -> dict[str, VendorAccount]:
    """The demo's accounts, by vendor."""
    try:
        return {player.vendor: _account(player) for player in plan.PLAYERS.values()}
    except DatabaseError as error:
        raise CommandError(
            f"The database of this command is not the running portal's ({error}). "
            "Give both the same DATA_DIR and DATABASE_URL."
        ) from None


def _account(player: Player) -> VendorAccount:
    """The vendor's demo account, made if need be, with a secret and strict about signatures."""
    found = VendorAccount.objects.filter(vendor=player.vendor, name=NAME).first()
    account = found or accounts.create(player.vendor, NAME)
    if not account.is_enabled:
        raise CommandError(f"The account {account} is disabled. Enable it in the admin first.")
    known = accounts.settings_of(account)
    given = {key: value for key, value in player.settings.items() if known.get(key) != value}
    if player.secret and not known.get(player.secret):
        given[player.secret] = secrets.token_hex(10)
    if given:
        accounts.configure(account, given)
        time.sleep(accounts.DOOR_IS_TRUSTED_FOR)
    return account


def _send(
    client: httpx2.Client,
    url: str,
    made: plan.Plan,
    rows: Mapping[str, VendorAccount],
    options: Mapping[str, Any],
) -> Sent:
    lines = {
        vendor: Line(
            player=plan.PLAYERS[vendor],
            addresses=accounts.webhooks(account),
            secret=accounts.settings_of(account).get(plan.PLAYERS[vendor].secret, ""),
        )
        for vendor, account in rows.items()
    }
    sender = Sender(client, url, lines, options["rate"])
    total = len(made.deliveries)
    with tqdm(total=total, desc="sending", unit=" pushes", disable=None) as bar:
        try:
            sender.send_all(made.deliveries, options["threads"], bar.update)
        except NotTakenError as error:
            taken = sender.sent.acknowledged.total()
            raise CommandError(
                f"{error}\n{taken:,} of {total:,} pushes were taken; a second run of the demo "
                "with the same --seed and --end sends the rest."
            ) from None
    return sender.sent


def _read(
    client: httpx2.Client, url: str, rows: Mapping[str, VendorAccount], since: datetime
) -> dict[str, dict[str, str]]:
    """Each vendor's calls as the read API shows them, with a token made for the occasion."""
    with _api_token() as token:
        try:
            return {
                vendor: dict(agreement.shown(client, url, token, account, since))
                for vendor, account in rows.items()
            }
        except agreement.UnexpectedAnswerError as error:
            raise CommandError(str(error)) from None


@contextmanager
def _api_token() -> Iterator[str]:
    """A token of a user who may read calls and nothing else; both are gone afterwards."""
    name = f"demo-{secrets.token_hex(4)}"
    user = get_user_model().objects.create_user(username=name)
    try:
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label="calls", codename="view_call")
        )
        # Asked for by name: only the project's outermost package may import it.
        row = apps.get_model("callportal", "ApiToken")(
            name=name, user=user, expires_at=timezone.now() + TOKEN_LIVES
        )
        token: str = row.renew()
        row.save()
        yield token
    finally:
        user.delete()
