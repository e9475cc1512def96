"""The outbox from a terminal: what is in it, and what to do after a restored backup."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count

from calls import codes
from calls.audit import COMMAND_LINE, Action, record
from vendors import outbox, pacing, stories
from vendors.models import OutboundRequest, RequestState, VendorAccount

BY = "command line"


class Command(BaseCommand):
    help = "Show what is in the outbox; resume a stopped queue; hold everything after a restore."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("show", help="requests by state, and the queues that stand still")
        resume = actions.add_parser("resume", help="let an account's stopped queue go on")
        resume.add_argument("account", type=int, help="the account's id: ./portal account list")
        actions.add_parser(
            "hold",
            help="make everything that waits uncertain, so that none of it is sent: for after a "
            "backup was restored, before the portal starts",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _show(self, options: dict[str, Any]) -> None:
        counted = OutboundRequest.objects.values_list("state").annotate(Count("pk")).order_by()
        counts = dict(counted)
        for state in RequestState:
            self.stdout.write(f"{state.value:<10} {counts.get(state.value, 0):>8}")
        for stop in stories.stops():
            meaning = codes.meaning(stop.meaning) if stop.meaning else "unknown code"
            until = (
                f"until {stop.queue.stopped_until:%H:%M:%S}Z" if stop.queue.stopped_until else ""
            )
            self.stdout.write(
                f"account {stop.account.pk} ({stop.account}) stands still {until}: "
                f"{stop.queue.stopped_status} {stop.queue.stopped_code}: {meaning}; "
                f"{stop.waiting} waiting"
            )

    def _resume(self, options: dict[str, Any]) -> None:
        account = VendorAccount.objects.filter(pk=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account {options['account']}.")
        if not pacing.resume(account, BY):
            raise CommandError(f"The queue of {account} is not stopped.")
        record(Action.QUEUE_RESUMED, by=COMMAND_LINE, subject=f"account {account.pk}")
        self.stdout.write("resumed")

    def _hold(self, options: dict[str, Any]) -> None:
        with transaction.atomic():
            count = outbox.hold_all(BY)
            record(Action.OUTBOX_HELD, by=COMMAND_LINE, details={"requests": count})
        self.stdout.write(f"{count} requests are held for a person to decide")
