"""What a vendor heard from us, to the byte; and for a refusal why, and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_lazy as _

from vendors import refusals
from vendors.adapters.base import RETRY_AFTER, Answer, Outcome, Trust
from vendors.models import Push, Reason, RefusedPush
from vendors.registry import VENDORS


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """What to look at first, and who can do something about it."""

    check: Any
    move: Any


_PUSH_AGAIN = _(
    "Ours, where the vendor was turned away. Then the vendor's: the body was not kept, so it has "
    "to push again."
)
_RELEASE = _(
    "Ours, where the vendor sent it: mend the cause, then release the push if its body was kept. "
    "Where somebody else sent it, nobody's."
)
REASONS: Mapping[str, Advice] = {
    Reason.DISABLED: Advice(
        check=_("Was the account disabled on purpose? It takes pushes again once it is enabled."),
        move=_PUSH_AGAIN,
    ),
    Reason.ADDRESS: Advice(
        check=_(
            "Is the sender the vendor? Then add it to the account's allowed addresses. Is it a "
            "proxy of ours? Then TRUSTED_PROXIES is too low."
        ),
        move=_PUSH_AGAIN,
    ),
    Reason.RATE: Advice(
        check=_(
            "Does the vendor push as much as it says, or does it repeat itself? See the account's "
            "most pushes in a second."
        ),
        move=_(
            "The vendor's: it was told to try again, and most do. Huawei does not repeat status "
            "pushes. Not every such push leaves a trace: at most one a second does."
        ),
    ),
    Reason.SIGNATURE: Advice(
        check=_("See what checking the signature came to, and what the vendor's console says."),
        move=_RELEASE,
    ),
}
SIGNATURES: Mapping[str, Advice] = {
    Trust.ABSENT: Advice(
        check=_("The push carried no signature. Is signing switched on in the vendor's console?"),
        move=_(
            "The vendor's, or whoever minds its console. Release the push meanwhile, if the vendor "
            "sent it."
        ),
    ),
    Trust.WRONG: Advice(
        check=_(
            "Is the account's secret the one in the vendor's console, and PUBLIC_URL the address "
            "that the vendor was given? Both are part of the signature."
        ),
        move=_RELEASE,
    ),
    Trust.STALE: Advice(
        check=_(
            "The signature was made long before the push came, or after it. Is the clock of this "
            "machine right, and the account's setting of hours from UTC?"
        ),
        move=_RELEASE,
    ),
    Trust.MALFORMED: Advice(
        check=_("The signature is not written as the vendor's document says. See the headers."),
        move=_(
            "The vendor's: ask how it signs. Release the push meanwhile, if the vendor sent it."
        ),
    ),
    Trust.REPLAYED: Advice(
        check=_("The same signature came before. That push was taken; this one may be a copy."),
        move=_("Nobody's, unless the bodies differ: then somebody repeats what was overheard."),
    ),
}


def refused_first(pushes: Sequence[Push]) -> dict[int, RefusedPush]:
    """By push: the refusal that its sender heard before somebody released it into the inbox."""
    released = RefusedPush.objects.filter(
        account__in={push.account_id for push in pushes},
        received_at__in={push.received_at for push in pushes},
        released_at__isnull=False,
    )
    rows = released.select_related("account").defer("body", "headers", "query")
    traces = {(trace.account_id, trace.received_at): trace for trace in rows}
    keys = {push.pk: (push.account_id, push.received_at) for push in pushes}
    return {pk: traces[key] for pk, key in keys.items() if key in traces}


def to_push(push: Push, refused: RefusedPush | None = None) -> str:
    """What its sender heard when it came, in the form of ``written``; empty where it was imported
    and never sent."""
    if push.imported_id is not None and not push.repeats:
        return ""
    if refused is not None:
        return to_refusal(refused)
    return _to(push, Outcome.KEPT)


def to_refusal(trace: RefusedPush) -> str:
    return _to(trace, refusals.OUTCOMES[Reason(trace.reason)])


def _to(row: Push | RefusedPush, outcome: Outcome) -> str:
    """Empty for a vendor that is no longer known."""
    vendor = VENDORS.get(row.account.vendor)
    return written(vendor.answer(outcome)) if vendor else ""


def advice(trace: RefusedPush) -> Advice:
    by_signature = SIGNATURES.get(trace.trust) if trace.reason == Reason.SIGNATURE else None
    return by_signature or REASONS[trace.reason]


def written(answer: Answer) -> str:
    """An answer as it went over the line, but for what every server adds to it."""
    phrase = HTTPStatus(answer.status).phrase
    head = f"{answer.status} {phrase}\nContent-Type: {answer.content_type}"
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        head += f"\nRetry-After: {RETRY_AFTER}"
    return f"{head}\nContent-Length: {len(answer.body)}\n\n{answer.body.decode()}"
