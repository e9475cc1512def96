"""Recordings from a terminal: what there is, and what is fetched again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from calls.audit import COMMAND_LINE, Action, record
from calls.models import Account, Sound, SoundState
from vendors import recordings
from vendors.recording_filters import NOT_OURS_YET, lost_soon
from vendors.recordings import CAN_BE_FETCHED
from vendors.templatetags.recordings import left

MOST_SHOWN = 10


class Command(BaseCommand):
    help = "Show what became of recordings, and have some fetched again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("show", help="recordings by state, and the ten that are lost soonest")
        again = actions.add_parser("fetch", help="have recordings fetched again")
        again.add_argument("--id", type=int, nargs="+", dest="ids", metavar="RECORDING")
        again.add_argument("--state", choices=[state.value for state in CAN_BE_FETCHED])
        again.add_argument("--account", help="id or name")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _show(self, options: dict[str, Any]) -> None:
        counted = Sound.objects.values_list("state").annotate(Count("pk")).order_by()
        counts = dict(counted)
        for state in SoundState:
            self.stdout.write(f"{state.value:<10} {counts.get(state.value, 0):>8}")
        soon = Sound.objects.filter(lost_soon()).count()
        self.stdout.write(f"{soon} are lost within 48 hours")
        waiting = Sound.objects.filter(state__in=NOT_OURS_YET, deadline_at__isnull=False)
        rows = waiting.select_related("call__account").defer("peaks")
        for sound in rows.order_by("deadline_at", "id")[:MOST_SHOWN]:
            self.stdout.write(_line(sound))

    def _fetch(self, options: dict[str, Any]) -> None:
        if not any(options[name] for name in ("ids", "state", "account")):
            raise CommandError("Say which: --id, --state or --account.")
        chosen = Sound.objects.all()
        if options["ids"]:
            chosen = chosen.filter(pk__in=options["ids"])
        if options["state"]:
            chosen = chosen.filter(state=options["state"])
        if options["account"]:
            chosen = chosen.filter(call__account_id=_account(options["account"]).pk)
        count = recordings.fetch_again(chosen)
        record(Action.RECORDINGS_FETCHED_AGAIN, by=COMMAND_LINE, details={"recordings": count})
        self.stdout.write(f"{count} recordings are fetched again")


def _line(sound: Sound) -> str:
    remains = left(sound.deadline_at) if sound.deadline_at else ""
    told = f"{sound.pk:>8}  {remains:<11}  {sound.state:<8}  {sound.call.account}"
    told += f"  call {sound.call.call_id}  {sound.attempts} attempts"
    if sound.state == SoundState.WAITING and sound.next_try_at:
        told += f", next {sound.next_try_at:%Y-%m-%d %H:%M}Z"
    return told


def _account(word: str) -> Account:
    by_id = Account.objects.filter(pk=int(word)) if word.isdecimal() else None
    found = list(by_id or Account.objects.filter(name=word))
    if len(found) != 1:
        raise CommandError(
            f'There is no account "{word}".'
            if not found
            else f'"{word}" is not one account; use its id.'
        )
    return found[0]
