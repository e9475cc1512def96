"""Sends what is due: a row for each mail, claimed before it is made, tried again when it failed."""

import logging
import smtplib
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls import masking
from calls.mailings import contents, due
from calls.mailings.contents import Content, NotPossibleError
from calls.models import Mail, Mailing
from calls.reports import periods

log = logging.getLogger("callportal.mailings")

State = Mail.State
MAIL_OTHERS = "calls.mail_others"
LATE = timedelta(days=3)  # what was due longer ago is not sent any more
ABANDONED_AFTER = timedelta(minutes=10)
WAITS = [timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360, 720)]


class NotReachedError(Exception):
    """The mail server took nothing; the sentence says why. It may be tried again."""


class UncertainError(Exception):
    """The connection broke while the mail server was being told: it may have taken the mail."""


def sweep() -> None:
    """See to everything that is due now."""
    take_back()
    plan()
    while (mail := claim()) is not None:
        deliver(mail)


def plan() -> None:
    """Make the rows of mails that are due. Two workers at it make each but once."""
    now = timezone.now()
    rows = []
    for mailing in Mailing.objects.filter(is_paused=False):
        at = due.last_due(mailing.every, mailing.hour, now)
        if max(mailing.since, now - LATE) <= at:
            rows.append(Mail(mailing=mailing, due_at=at, next_try_at=now))
    Mail.objects.bulk_create(rows, ignore_conflicts=True)


def ask(mailing: Mailing) -> Mail:
    """A mail of it now, beside those of its Mondays or firsts."""
    now = timezone.now()
    return Mail.objects.create(mailing=mailing, due_at=now, next_try_at=now, is_test=True)


def claim() -> Mail | None:
    """The mail that waits longest, to be made by nobody else; None where none is due."""
    now = timezone.now()
    waiting = Mail.objects.filter(state=State.WAITING, next_try_at__lte=now)
    for mail in waiting.select_related("mailing__owner", "mailing__view").order_by("next_try_at"):
        attempts = mail.attempts + 1
        if waiting.filter(pk=mail.pk, attempts=mail.attempts).update(
            state=State.MAKING, attempts=attempts, claimed_at=now
        ):
            mail.attempts = attempts
            return mail
    return None


def take_back() -> None:
    """See to mails whose worker died. Where the mail server was being told, nobody knows what it
    took: such a mail is not sent twice by itself."""
    left = Mail.objects.filter(claimed_at__lt=timezone.now() - ABANDONED_AFTER)
    for mail in left.filter(state=State.MAKING):
        _settle(mail, state=State.WAITING, claimed_at=None, next_try_at=timezone.now())
        log.warning("mail taken back", extra={"mail": mail.pk, "attempts": mail.attempts})
    for mail in left.filter(state=State.SENDING).select_related("mailing"):
        _unsure(mail)


def deliver(mail: Mail) -> None:
    """Make and send a claimed mail, and write down what came of it."""
    mailing = mail.mailing
    zone, language = periods.zone(), mailing.language
    with masking.eyes(mailing.owner), timezone.override(zone), translation.override(language):
        try:
            to = _recipients(mailing)
            content = contents.make(mailing, mail.due_at)
            if not _settle(
                mail,
                state=State.SENDING,
                to=to,
                size_bytes=len(content.data or b""),
                is_masked=not masking.sees_numbers(),
            ):
                return  # it took so long that somebody else took over
            _send(mail, content, to)
        except NotPossibleError as error:
            _fail(mail, str(error))
        except NotReachedError as error:
            _try_again(mail, str(error))
        except UncertainError:
            _unsure(mail)
        except Exception as error:
            log.exception("mail failed", extra={"mail": mail.pk})
            _try_again(mail, f"{type(error).__name__}: {error}"[:500])
        else:
            now = timezone.now()
            _settle(mail, state=State.SENT, sent_at=now, problem="", claimed_at=None)
            log.info("mail sent", extra={"mail": mail.pk, "mailing": mailing.pk, "to": len(to)})


def _recipients(mailing: Mailing) -> list[str]:
    """To whom it goes. Raises NotPossibleError where that may not be any more."""
    owner = mailing.owner
    if not owner.is_active:
        raise NotPossibleError(_("Its owner's account is disabled."))
    if mailing.addresses:
        if not owner.has_perm(MAIL_OTHERS):
            raise NotPossibleError(_("Its owner may no longer have reports e-mailed to others."))
        return [str(one) for one in mailing.addresses]
    if not owner.email:
        raise NotPossibleError(
            _("Its owner has no e-mail address. An administrator can write one down in the admin.")
        )
    return [owner.email]


def _send(mail: Mail, content: Content, to: list[str]) -> None:
    if not settings.EMAIL_IS_SENT:
        raise NotReachedError(
            _("E-mail is not set up: EMAIL_URL is not set. It is the operator's move.")
        )
    message = EmailMultiAlternatives(
        subject=content.subject,
        body=content.text,
        to=to,
        # The same for each attempt, so that whoever gets a mail twice can tell.
        headers={"Message-ID": _message_id(mail), "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(content.html, "text/html")
    if content.data is not None:
        message.attach(content.file_name, content.data, content.content_type)
    _hand_over(message)


def _message_id(mail: Mail) -> str:
    host = urlsplit(settings.PUBLIC_URL).hostname or "callportal"
    return f"<mailing-{mail.mailing_id}-{mail.due_at:%Y%m%dT%H%M%S.%f}@{host}>"


def _hand_over(message: EmailMultiAlternatives) -> None:
    connection: Any = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise NotReachedError(_said(error)) from error
    try:
        connection.send_messages([message])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        raise NotReachedError(_said(error)) from error
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise UncertainError from error
    finally:
        with suppress(OSError):  # it said goodbye badly, after all that counts
            connection.close()


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        said = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        why = f"{error.smtp_code} {said}"
    elif isinstance(error, smtplib.SMTPRecipientsRefused):
        why = "; ".join(f"{code} {text!r}" for code, text in error.recipients.values())
    else:
        why = str(error) or type(error).__name__
    return _("The mail server did not take it: %(why)s") % {"why": why[:300]}


def _fail(mail: Mail, problem: str) -> None:
    _settle(mail, state=State.FAILED, problem=problem, claimed_at=None, next_try_at=None)
    log.error("mail given up", extra={"mail": mail.pk, "mailing": mail.mailing_id})


def _try_again(mail: Mail, problem: str) -> None:
    if mail.attempts > len(WAITS):
        _fail(mail, problem)
        return
    at = timezone.now() + WAITS[mail.attempts - 1]
    _settle(mail, state=State.WAITING, problem=problem, claimed_at=None, next_try_at=at)
    log.warning("mail not sent", extra={"mail": mail.pk, "attempts": mail.attempts})


def _unsure(mail: Mail) -> None:
    with translation.override(mail.mailing.language):
        problem = _(
            "The connection broke while the mail server was being told: it may have arrived. Ask"
            " whoever it went to, and send one now if it did not."
        )
    _settle(mail, state=State.UNCERTAIN, problem=problem, claimed_at=None, next_try_at=None)
    log.error("mail uncertain", extra={"mail": mail.pk, "mailing": mail.mailing_id})


def _settle(mail: Mail, **values: Any) -> bool:
    """Write something down of a mail, if it is still ours."""
    return bool(_ours(mail).update(**values))


def _ours(mail: Mail) -> QuerySet[Mail]:
    states = [State.MAKING, State.SENDING]
    return Mail.objects.filter(pk=mail.pk, attempts=mail.attempts, state__in=states)
