"""Have pushes processed again, after a mend. Doing it twice changes nothing."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from tqdm import tqdm

from calls.audit import COMMAND_LINE, Action, record
from vendors import inbox
from vendors.models import Push, State
from vendors.registry import VENDORS

CHUNK = 1000


class Command(BaseCommand):
    help = "Process pushes again: those chosen by id, or by vendor, state and time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        settled = [state.value for state in State if state != State.WAITING]
        parser.add_argument("--id", type=int, nargs="+", dest="ids", metavar="PUSH")
        parser.add_argument("--vendor", choices=list(VENDORS))
        parser.add_argument("--state", choices=settled)
        parser.add_argument(
            "--since", type=_moment, help="received at or after, such as 2026-11-01"
        )
        parser.add_argument("--all", action="store_true", help="every push there is")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = Push.objects.exclude(state=State.WAITING)
        if options["ids"]:
            chosen = chosen.filter(pk__in=options["ids"])
        if options["vendor"]:
            chosen = chosen.filter(account__vendor=options["vendor"])
        if options["state"]:
            chosen = chosen.filter(state=options["state"])
        if options["since"]:
            chosen = chosen.filter(received_at__gte=options["since"])
        if not any(options[name] for name in ("ids", "vendor", "state", "since", "all")):
            raise CommandError("Say which: --id, --vendor, --state, --since or --all.")
        ids = list(chosen.order_by("id").values_list("id", flat=True))
        asked = {name: options[name] for name in ("vendor", "state") if options[name]}
        record(Action.PUSHES_REPROCESSED, by=COMMAND_LINE, details={"pushes": len(ids)} | asked)
        for start in tqdm(
            range(0, len(ids), CHUNK), unit_scale=CHUNK, unit=" pushes", disable=None
        ):
            inbox.put_back(Push.objects.filter(pk__in=ids[start : start + CHUNK]))
            while inbox.process():
                pass
        after = Push.objects.filter(pk__in=ids) if len(ids) <= CHUNK else chosen
        counts = {state: after.filter(state=state).count() for state in State}
        told = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
        self.stdout.write(f"{len(ids)} pushes processed again: {told or 'none'}")


def _moment(word: str) -> datetime:
    """A day or a moment; without a zone it is meant in the portal's."""
    try:
        moment = parse_datetime(word)
        day = parse_date(word) if moment is None else None
    except ValueError:
        moment = day = None
    if day is not None:
        moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - made aware below
    if moment is None:
        raise ArgumentTypeError(f'expected a day or a time such as 2026-11-01T08:30, got "{word}"')
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
