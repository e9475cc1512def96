"""Telling people and programs of alarms: by e-mail, and by a signed webhook.

Each message is a row, made in the transaction that raises or resolves the alarm, and tried again
until it is delivered or a day is over. Whoever sends one has taken it first, so two workers send it
once; one that dies while it sends is followed by another, and the receiver sees the same id twice.
"""

import hashlib
import hmac
import json
import logging
import smtplib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls import masking
from vendors.downloading.connections import Network
from vendors.downloading.errors import DownloadError, ForbiddenAddressError
from vendors.downloading.posting import post
from vendors.models import Act, AlarmContact, Telling, TellingState, Way
from vendors.vault import SealedWithAnotherKeyError
from vendors.watch import wording

log = logging.getLogger("callportal.watch")

# After a day it is given up: the row says so, and the page of the alarm shows it.
WAITS = tuple(
    timedelta(minutes=minutes) for minutes in (0.5, 1, 2, 5, 10, 20, 40, 60, 120, 240, 480, 480)
)
NETWORK: Network | None = None  # tests bring their own


class NotToldError(Exception):
    """The message was not taken; a sentence says why, and whether it is worth another try."""

    def __init__(self, sentence: str, *, is_final: bool = False) -> None:
        super().__init__(sentence)
        self.is_final = is_final


def tell_due(now: datetime | None = None, most: int = 50) -> int:
    """Send what is due; how many were delivered."""
    now = now or timezone.now()
    due = Telling.objects.filter(state=TellingState.WAITING, next_try_at__lte=now)
    rows = due.select_related("alarm__account", "contact").order_by("next_try_at", "id")
    return sum(_tell(row, now) for row in rows[:most])


def _tell(row: Telling, now: datetime) -> bool:
    wait = WAITS[min(row.tries, len(WAITS) - 1)]
    mine = Telling.objects.filter(
        pk=row.pk, state=TellingState.WAITING, next_try_at=row.next_try_at
    )
    if not mine.update(tries=F("tries") + 1, next_try_at=now + wait):
        return False
    tries = row.tries + 1
    words = {"alarm": row.alarm_id, "contact": row.contact_id, "about": row.about}
    try:
        send(row.contact, message_of(row, now), now)
    except NotToldError as error:
        is_over = error.is_final or tries > len(WAITS)
        state = TellingState.GIVEN_UP if is_over else TellingState.WAITING
        Telling.objects.filter(pk=row.pk).update(problem=str(error), state=state)
        if is_over:
            log.warning("alarm not told", extra={**words, "tries": tries})
        else:
            log.warning("alarm not told yet", extra={**words, "tries": tries})
        return False
    Telling.objects.filter(pk=row.pk).update(state=TellingState.TOLD, told_at=now, problem="")
    log.info("alarm told", extra=words)
    return True


def message_of(row: Telling, now: datetime) -> dict[str, Any]:
    """What is said of an alarm, in the contact's language."""
    alarm = row.alarm
    with translation.override(row.contact.language), masking.eyes(None):
        return {
            "id": f"{settings.PUBLIC_URL}/alarms/{alarm.pk}/#{row.about}",
            "event": f"alarm.{row.about}",
            "at": _utc(alarm.resolved_at if row.about == Act.RESOLVED else alarm.raised_at),
            "alarm": alarm.pk,
            "sort": alarm.sort,
            "vendor": alarm.account.vendor,
            "account": masking.text(alarm.account.name),
            "kind": alarm.kind,
            "raised_at": _utc(alarm.raised_at),
            "resolved_at": _utc(alarm.resolved_at),
            "title": wording.title(alarm),
            "check_first": wording.check_first(alarm),
            "url": settings.PUBLIC_URL + alarm.get_absolute_url(),
        }


def test_message(contact: AlarmContact, now: datetime) -> dict[str, Any]:
    """A message that says of itself that nothing is the matter."""
    with translation.override(contact.language):
        return {
            "id": f"{settings.PUBLIC_URL}/test/{int(now.timestamp())}",
            "event": "test",
            "at": _utc(now),
            "title": _("A test: alarms of the portal arrive here."),
            "check_first": _("Nothing is the matter. Somebody pressed the button that tests this."),
            "url": f"{settings.PUBLIC_URL}/alarms/",
        }


def _utc(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None


def send(contact: AlarmContact, message: Mapping[str, Any], now: datetime) -> str:
    """Send a message now; a sentence of what came of it. Raises NotToldError."""
    if contact.way == Way.EMAIL:
        return _send_mail(contact, message)
    return _send_webhook(contact, message, now)


def _send_mail(contact: AlarmContact, message: Mapping[str, Any]) -> str:
    if not settings.EMAIL_IS_SENT:
        raise NotToldError(
            _("EMAIL_URL is not set, so the portal sends no e-mail. Set it and start again."),
            is_final=True,
        )
    with translation.override(contact.language):
        over = _("Resolved: ") if message["event"] == "alarm.resolved" else ""
    lines = [over + message["title"], "", message["check_first"], "", message["url"]]
    mail = EmailMessage(
        subject=" ".join(f"callportal: {over}{message['title']}".split())[:180],
        body="\n".join(lines),
        from_email=settings.EMAIL_FROM,
        to=[contact.address],
    )
    try:
        mail.send()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotToldError(
            _("The mail server %(host)s did not take it: %(why)s")
            % {"host": settings.EMAIL_HOST, "why": str(error)[:200] or type(error).__name__}
        ) from None
    return _("The mail server took it for %(address)s.") % {"address": contact.address}


def _send_webhook(contact: AlarmContact, message: Mapping[str, Any], now: datetime) -> str:
    body = json.dumps(message, ensure_ascii=False).encode()
    stamp = str(int(now.timestamp()))
    try:
        headers: dict[bytes | str, bytes | str] = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Callportal-Timestamp": stamp,
            "X-Callportal-Signature": "v1=" + signature(contact.secret, stamp, body),
        }
        status = post(
            contact.address,
            body,
            headers,
            may_be_private=contact.is_in_house,
            network=NETWORK,
        )
    except SealedWithAnotherKeyError as error:
        raise NotToldError(str(error), is_final=True) from None
    except ForbiddenAddressError as error:
        raise NotToldError(
            _(
                "The webhook was not sent, since %(place)s is not a server of the open internet."
                " Where it is a server of yours, tick that it is in our own network."
            )
            % {"place": error.place or contact.name}
        ) from None
    except DownloadError as error:
        raise NotToldError(str(error)) from None
    if not 200 <= status < 300:
        raise NotToldError(
            _("The webhook answered %(status)d; expected was an answer from 200 to 299.")
            % {"status": status}
        )
    return _("The webhook answered %(status)d.") % {"status": status}


def signature(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the time, a dot, and the body as it is sent; in hexadecimal."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
