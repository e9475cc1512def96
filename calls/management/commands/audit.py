"""The audit from a terminal: check its chain, list its entries, take the oldest away."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls import audit_finding
from calls.audit import COMMAND_LINE, chain, checking, linking, pruning
from calls.audit.chain import Link
from calls.models import AuditEntry
from calls.search import reading
from calls.search.reading import ComplaintError

LISTED = 100
NAMES = ("who", "action", "subject", "from", "to")


class Command(BaseCommand):
    help = "Check that the audit is what it was; list what was done; take the oldest entries away."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACTION")
        verify = acts.add_parser("verify", help="check the chain, or the stretch of a time")
        verify.add_argument("--from", dest="since", type=_begin, metavar="TIME")
        verify.add_argument("--to", dest="until", type=_end, metavar="TIME")
        verify.add_argument(
            "--anchor",
            type=_link,
            metavar="NUMBER:HASH",
            help="a place in the chain as it was printed before and kept elsewhere",
        )
        rows = acts.add_parser("list", help=f"entries, newest first: {LISTED} without --all")
        for name in NAMES:
            rows.add_argument(f"--{name}", metavar=name.upper())
        rows.add_argument("--all", action="store_true", help="all of them")
        rows.add_argument("--json", action="store_true", help="one JSON object on each line")
        prune = acts.add_parser(
            "prune", help="take the oldest entries away, behind a signed anchor"
        )
        prune.add_argument("--before", type=_begin, metavar="TIME", required=True)
        prune.add_argument("--dry-run", action="store_true", help="say how many would go")
        acts.add_parser("anchor", help="print where the chain ends: keep it elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['act']}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        linking.link()
        checked = checking.check(options["since"], options["until"], options["anchor"])
        for finding in checked.findings:
            self.stdout.write(str(finding))
        stretch = f"{checked.entries:,} entries"
        if checked.entries:
            stretch += f", {checked.first} to {checked.end.sequence}"
        if not checked.is_whole:
            raise CommandError(f"{stretch}: the audit is not what it was.")
        self.stdout.write(f"{stretch}: the chain is whole.")
        self._tell(checked.end)

    def _anchor(self, options: dict[str, Any]) -> None:
        linking.link()
        self._tell(chain.last_link() or chain.BEGINNING)

    def _prune(self, options: dict[str, Any]) -> None:
        linking.link()
        if options["dry_run"]:
            count = pruning.prunable(options["before"]).count()
            self.stdout.write(f"{count:,} entries would go.")
        else:
            count = pruning.prune(options["before"], by=COMMAND_LINE)
            self.stdout.write(f"{count:,} entries are gone.")

    def _tell(self, end: Link) -> None:
        self.stdout.write(f"It ends at {end.sequence}:{end.hash}")

    def _list(self, options: dict[str, Any]) -> None:
        given = {name: options[name] for name in NAMES if options[name]}
        filtered = audit_finding.AuditFilter(given, queryset=AuditEntry.objects.all())
        if not filtered.is_valid():
            wrong = filtered.errors.items()
            raise CommandError(" ".join(f"--{name}: {texts[0]}" for name, texts in wrong))
        rows = filtered.qs.order_by("-id")
        for entry in rows.iterator() if options["all"] else rows[:LISTED]:
            self.stdout.write(_as_json(entry) if options["json"] else _as_line(entry))


def _as_json(entry: AuditEntry) -> str:
    facts = {
        "id": entry.pk,
        "sequence": entry.sequence,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "who": entry.user_name,
        "user_id": entry.user_id,
        "token": entry.token,
        "action": entry.action,
        "subject": entry.subject,
        "details": entry.details,
        "address": entry.address,
        "previous": entry.previous,
        "hash": entry.hash,
    }
    return json.dumps(facts, ensure_ascii=False)


def _as_line(entry: AuditEntry) -> str:
    who = f"{entry.user_name} ({entry.token})" if entry.token else entry.user_name
    words = [
        f"{entry.sequence or '-':>8}",
        f"{entry.at:%Y-%m-%d %H:%M:%S}Z",
        who,
        entry.action,
        entry.subject,
        audit_finding.told(entry.details),
        entry.address,
    ]
    return "  ".join(word for word in words if word)


def _begin(text: str) -> datetime:
    return _read(text, reading.moment)


def _end(text: str) -> datetime:
    return _read(text, reading.end)


def _read(text: str, read: Any) -> datetime:
    try:
        at: datetime = read(text)
    except ComplaintError as error:
        raise ArgumentTypeError(str(error)) from None
    return at


def _link(text: str) -> Link:
    number, _colon, hash_ = text.partition(":")
    if not (number.isdecimal() and len(number) < 19 and len(hash_) == len(chain.BEGINNING.hash)):
        raise ArgumentTypeError(f'expected NUMBER:HASH as "audit anchor" prints it, got "{text}"')
    return Link(int(number), hash_)
