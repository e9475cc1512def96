"""Checking a push's signature: how strict, with which secrets, and against replays."""

from django.db import connection
from django.utils import timezone

from vendors import vault
from vendors.accounts import Door, push_address
from vendors.adapters.base import ENFORCE, OFF, Signed, Trust, Verdict
from vendors.models import SeenNonce

_REMEMBER = f"""
    INSERT INTO {SeenNonce._meta.db_table} (account_id, digest, seen_at) VALUES (%s, %s, %s)
    ON CONFLICT (account_id, digest) DO NOTHING
"""  # noqa: S608 - the table's name is our own


def check(
    door: Door, kind: str, headers: dict[str, str], query: dict[str, str], body: bytes
) -> Verdict:
    """The verdict on a push. Remembers its nonce, so call it inside the keeping transaction."""
    verdict = judge(door, kind, headers, query, body)
    is_used_once = verdict.trust is Trust.VALID and verdict.nonce
    if is_used_once and not is_new(door.account.pk, verdict.nonce):
        return Verdict(trust=Trust.REPLAYED, form=verdict.form)
    return verdict


def judge(
    door: Door, kind: str, headers: dict[str, str], query: dict[str, str], body: bytes
) -> Verdict:
    """The verdict but for its nonce, which nobody has compared with those that were seen."""
    vendor = door.vendor
    if vendor.check_signature is None or door.signature_mode == OFF:
        return Verdict(trust=Trust.NOT_CHECKED)
    if not door.secrets:
        is_strict = door.signature_mode == ENFORCE
        return Verdict(trust=Trust.WRONG if is_strict else Trust.NOT_CHECKED)
    return vendor.check_signature(
        Signed(
            headers=headers,
            query=query,
            body=body,
            addresses=_addresses(door, kind),
            secrets=[secret for _, secret in door.secrets],
            now=timezone.now(),
        )
    )


def is_acceptable(door: Door, verdict: Verdict) -> bool:
    """Whether a push with this verdict is kept: only ``enforce`` turns any away."""
    if door.signature_mode != ENFORCE or door.vendor.check_signature is None:
        return True
    return verdict.trust is Trust.VALID


def _addresses(door: Door, kind: str) -> list[str]:
    """The addresses that the account hands out, the one pushed to first; never from the request."""
    kinds = sorted((one.key for one in door.vendor.kinds), key=lambda key: key != kind)
    return [push_address(door.vendor.key, door.token, key) for key in kinds]


def is_new(account_id: int, nonce: str) -> bool:
    """Remember a nonce; whether it was not known before."""
    with connection.cursor() as cursor:
        cursor.execute(
            _REMEMBER,
            [
                account_id,
                vault.digest(nonce),
                connection.ops.adapt_datetimefield_value(timezone.now()),
            ],
        )
        return bool(cursor.rowcount == 1)
