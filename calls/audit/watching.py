"""Whether the chain is whole, as far as is known: looked at each night, and told at the pages."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from calls.audit import checking
from calls.audit.actions import Action
from calls.audit.checking import Checked, Finding, Trouble
from calls.audit.linking import link
from calls.audit.recording import record
from calls.models import AuditEntry

log = logging.getLogger("callportal.audit")

CHECKED_WITHIN = timedelta(days=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What the last check found, and whether linking goes on."""

    checked_at: datetime | None
    findings: list[Finding]
    is_linking_late: bool
    is_check_late: bool

    @property
    def is_well(self) -> bool:
        return not (self.findings or self.is_linking_late or self.is_check_late)


def watch() -> Checked:
    """Check the whole chain and write down what was found, in the chain itself.

    The line of the log names the last link: kept elsewhere, it shows whether the end was cut off.
    """
    link()
    checked = checking.check()
    facts = {"entries": checked.entries, "last": checked.end.sequence}
    told = facts | {"hash": checked.end.hash}
    if checked.is_whole:
        log.info("audit checked", extra=told)
    else:
        log.error("audit broken", extra=told | {"first": str(checked.findings[0])})
    found = [{"trouble": one.trouble.value, "at": one.at} for one in checked.findings]
    record(Action.AUDIT_CHECKED, by=None, details=facts | {"findings": found})
    return checked


def standing() -> Standing:
    now = timezone.now()
    last = AuditEntry.objects.filter(action=Action.AUDIT_CHECKED).order_by("-id").first()
    unlinked = AuditEntry.objects.filter(sequence__isnull=True)
    oldest = AuditEntry.objects.order_by("id").first()
    begun = last.at if last else oldest.at if oldest else now
    return Standing(
        checked_at=last.at if last else None,
        findings=[_finding(one) for one in last.details.get("findings", [])] if last else [],
        is_linking_late=unlinked.filter(at__lt=now - checking.LINKED_WITHIN).exists(),
        is_check_late=begun < now - CHECKED_WITHIN,
    )


def _finding(kept: dict[str, str]) -> Finding:
    return Finding(Trouble(kept["trouble"]), int(kept["at"]))
