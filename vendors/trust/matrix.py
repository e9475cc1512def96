"""Asks the running portal what its vendors hear, and compares each answer to the byte.

It asks over the network, as vendors do, at accounts that are made for it and deleted with all that
they left: a body of ``{}`` is kept and thanked for, and is nobody's call. Two accounts a vendor,
because web processes remember for a second what an account admits.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import httpx2
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from vendors import accounts, trials
from vendors.adapters.base import Answer, Outcome, Vendor
from vendors.downloading.hosts import Host
from vendors.downloading.locations import Location
from vendors.downloading.transport import Guarded
from vendors.models import Trial, TrialKind, VendorAccount
from vendors.registry import VENDORS

NAME = "Answers, for a moment"  # of the accounts that are asked at
NOBODY = "192.0.2.1"  # an address of documents: nobody pushes from it
TOO_LARGE = b" " * (settings.PUSH_LARGEST + 1)
KEPT, AGAIN = "kept", "kept, a repeat"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A request, and the answer that the vendor is to hear."""

    name: str
    expected: Outcome
    method: str = "POST"
    body: bytes = b"{}"
    at: str = "open"  # which account: open, closed to the sender, or signed


CASES = (
    Case(name=KEPT, expected=Outcome.KEPT),
    Case(name=AGAIN, expected=Outcome.KEPT),
    Case(name="unreadable", expected=Outcome.KEPT, body=b"\xff\x00 no push"),
    Case(name="unknown address", expected=Outcome.UNKNOWN_ADDRESS, at="nobody's"),
    Case(name="address not allowed", expected=Outcome.FORBIDDEN, at="closed"),
    Case(name="not signed", expected=Outcome.UNAUTHORIZED, at="signed"),
    Case(name="too large", expected=Outcome.TOO_LARGE, body=TOO_LARGE),
    Case(name="not POST", expected=Outcome.WRONG_METHOD, method="GET"),
)


def check(url: str = "") -> list[Trial]:
    """Ask for every vendor and every case, and note a trial for each vendor."""
    base = (url or settings.PUBLIC_URL).rstrip("/")
    location = Location.of(base)
    # Whoever runs the portal says where it is, in house or not.
    host = Host(scheme=location.scheme, name=location.name, port=location.port, may_be_private=True)
    with httpx2.Client(transport=Guarded([host])) as client:
        return [_check(vendor, client, base) for vendor in VENDORS.values()]


def _check(vendor: Vendor, client: httpx2.Client, base: str) -> Trial:
    began_at = timezone.now()
    figures, has_passed = {}, True
    with _addresses(vendor) as addresses:
        for case in CASES:
            if case.at not in addresses:
                figures[case.name] = "not offered"
                continue
            heard = _ask(client, base + addresses[case.at], case)
            is_right = _is_right(heard, vendor.answer(case.expected))
            figures[case.name] = str(heard.status) if is_right else _wrong(heard, vendor, case)
            has_passed = has_passed and is_right
    return trials.note(
        TrialKind.ANSWERS, vendor.key, has_passed=has_passed, figures=figures, began_at=began_at
    )


def _ask(client: httpx2.Client, address: str, case: Case) -> Answer:
    headers = {"Content-Type": "application/json"}
    content = case.body if case.method == "POST" else b""
    try:
        came = client.request(case.method, address, content=content, headers=headers)
    except httpx2.HTTPError as error:
        return Answer(0, str(error).encode()[:200])
    return Answer(came.status_code, came.content)


def _is_right(heard: Answer, expected: Answer) -> bool:
    is_thanks = heard.status == HTTPStatus.OK
    return (heard.status, heard.body) == (expected.status, expected.body) and (
        is_thanks or b"success" not in heard.body.lower()
    )


def _wrong(heard: Answer, vendor: Vendor, case: Case) -> str:
    expected = vendor.answer(case.expected)
    said = heard.body.decode("utf-8", "replace")[:80]
    return f"expected {expected.status}, got {heard.status or 'no answer'} {said!a}"


@contextmanager
def _addresses(vendor: Vendor) -> Iterator[dict[str, str]]:
    """The paths that are asked at. The accounts behind them are gone afterwards, and with them the
    pushes that they kept, the refused ones and their counts."""
    given: dict[str, dict[str, str]] = {"open": {}, "closed": {"allowed_ips": NOBODY}}
    if vendor.check_signature is not None:
        given["signed"] = {"push_signature": "enforce", vendor.signed_with: secrets.token_hex(16)}
    made: dict[str, VendorAccount] = {}
    try:
        for name, keys in given.items():
            word = f"{NAME} ({name}, {secrets.token_hex(4)})"
            made[name] = accounts.create(vendor.key, word, keys)
        kind = vendor.kinds[0].key
        paths = {name: _path(accounts.webhooks(one)[kind]) for name, one in made.items()}
        stranger = "0" * accounts.TOKEN_LENGTH
        yield paths | {"nobody's": f"/hooks/{vendor.key}/{stranger}/{kind}"}
    finally:
        for one in made.values():
            _forget(one)


@transaction.atomic
def _forget(account: VendorAccount) -> None:
    account.pushes.all().delete()
    account.delete()
    accounts.forget_doors()


def _path(address: str) -> str:
    return address.removeprefix(settings.PUBLIC_URL)
