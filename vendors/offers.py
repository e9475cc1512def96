"""Which calls can be asked for, which accounts take them, and what a form begins with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from calls.facts import Direction
from calls.models import Call
from vendors import accounts, outbox, vault
from vendors.adapters.base import Vendor
from vendors.adapters.outbound import Kind, Operation, Parameter
from vendors.models import OutboundRequest, VendorAccount
from vendors.registry import VENDORS

_SHORTEST_NUMBER = 8  # digits with a country code; what is shorter is a service of one network


def dialling() -> list[Operation]:
    """The operations that place a call, each once."""
    found: dict[str, Operation] = {}
    for vendor in vendors():
        for one in vendor.outbound.operations if vendor.outbound else ():
            if one.dials:
                found.setdefault(one.key, one)
    return list(found.values())


def calling_back() -> Operation | None:
    """The operation that connects two telephones; None where no vendor offers one."""
    return next((one for one in dialling() if one.caller_key), None)


def vendors() -> list[Vendor]:
    """The vendors that can be asked for something."""
    return [vendor for vendor in VENDORS.values() if vendor.outbound]


@dataclass(frozen=True, kw_only=True, slots=True)
class Takers:
    """The accounts that take requests, and those that would but for what is missing."""

    ready: Sequence[VendorAccount]
    lacking: Sequence[tuple[VendorAccount, str]]

    def account(self, key: str) -> VendorAccount | None:
        """The account that was chosen; the first one where none was."""
        if not key:
            return next(iter(self.ready), None)
        return next((one for one in self.ready if str(one.pk) == key), None)


def takers(operation: str = "") -> Takers:
    """Whom to ask for an operation, or for any."""
    able = [
        vendor.key
        for vendor in vendors()
        if vendor.outbound and (not operation or vendor.outbound.operation(operation))
    ]
    ready, lacking = [], []
    for account in VendorAccount.objects.filter(vendor__in=able, is_enabled=True):
        if missing := _missing(account):
            lacking.append((account, missing))
        else:
            ready.append(account)
    return Takers(ready=ready, lacking=lacking)


def _missing(account: VendorAccount) -> str:
    outbound = outbox.outbound_of(account)
    try:
        given = accounts.settings_of(account)
    except vault.SealedWithAnotherKeyError:
        return _("its secrets, which CREDENTIALS_KEY does not open")
    return ", ".join(key for key in (outbound.needs if outbound else ()) if not given.get(key))


def own_numbers(account: VendorAccount) -> list[str]:
    """The account's own numbers, which may be displayed."""
    return accounts.split(str(account.options.get("display_numbers") or ""))


def beginning(operation: Operation, account: VendorAccount | None) -> dict[str, Any]:
    """What a form holds before anybody types: what is suggested, the account's first own number,
    and what is the same from call to call as it was the last time."""
    found = _suggested(operation.parameters)
    if account is None:
        return found
    latest = _latest(operation, account)
    numbers = own_numbers(account)
    for one in operation.parameters:
        if one.kind is Kind.SHOWN_NUMBER and numbers:
            found[one.key] = numbers[0]
        elif one.key in latest and (
            one.kind is Kind.SHOWN_NUMBER or (one.kind is Kind.AUDIO_FILE and one.is_required)
        ):
            found[one.key] = latest[one.key]
    return found


def _suggested(parameters: Sequence[Parameter]) -> dict[str, Any]:
    found: dict[str, Any] = {one.key: one.suggested for one in parameters if one.suggested}
    for one in parameters:
        if within := _suggested(one.parts):
            found[one.key] = [within]
    return found


def _latest(operation: Operation, account: VendorAccount) -> dict[str, Any]:
    rows = OutboundRequest.objects.filter(account=account, operation=operation.key)
    row = rows.order_by("-asked_at", "-id").first()
    return row.parameters if row else {}


def numbers_of(operation: Operation, account: VendorAccount | None) -> dict[str, list[str]]:
    """The account's own numbers, for each parameter that takes one of them."""
    numbers = own_numbers(account) if account else []
    return {one.key: numbers for one in operation.parameters if one.kind is Kind.SHOWN_NUMBER}


def to_call_back(operation: Operation, call: Call) -> dict[str, str]:
    """The parties of a call as those of a call back: our side first, then the customer."""
    ours, customer = sides(call)
    given = {operation.caller_key: ours, operation.callee_key: customer}
    return {key: number for key, number in given.items() if key and number}


def sides(call: Call) -> tuple[str, str]:
    """Our side's number and the customer's; empty where it is not a whole number."""
    numbers = _whole(call.caller_key), _whole(call.callee_key)
    return numbers[::-1] if call.direction == Direction.INBOUND.value else numbers


def _whole(key: str) -> str:
    is_whole = key.isascii() and key.isdecimal() and len(key) >= _SHORTEST_NUMBER
    return f"+{key}" if is_whole else ""


def again(operation: Operation, request: OutboundRequest) -> dict[str, Any]:
    """A request's parameters as somebody would type them. Secrets are not among them."""
    return _typed(operation.parameters, request.parameters)


def _typed(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in parameters:
        value = values.get(one.key)
        if value is None or one.is_secret:
            continue
        if one.kind is Kind.PARTS:
            found[one.key] = [_typed(one.parts, block) for block in value]
        elif one.kind is Kind.TEXTS:
            found[one.key] = [str(item) for item in value]
        else:
            found[one.key] = str(value)
    return found
