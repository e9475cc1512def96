"""What stands in a frame: a push, or a refusal, sealed with ``CREDENTIALS_KEY``."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from vendors import vault
from vendors.adapters.base import Trust, Verdict
from vendors.evidence import Evidence
from vendors.models import Reason
from vendors.spool import frames

_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """``reason`` is why it was refused, where it was; ``seconds`` how long its answer took."""

    account_id: int
    evidence: Evidence
    body: bytes
    reason: Reason | None = None
    seconds: float = 0.0

    @property
    def is_replayed(self) -> bool:
        return self.evidence.verdict.trust is Trust.REPLAYED

    def replayed(self) -> "Record":
        """The same, found to bear a nonce that was seen before."""
        verdict = Verdict(trust=Trust.REPLAYED, form=self.evidence.verdict.form)
        return replace(self, evidence=replace(self.evidence, verdict=verdict))


def pack(record: Record) -> bytes:
    one = record.evidence
    head = {
        "account": record.account_id,
        "reason": record.reason.value if record.reason else "",
        "seconds": record.seconds,
        "kind": one.kind,
        "path": one.path,
        "query": one.query,
        "headers": one.headers,
        "sender": one.remote_address,
        "trust": one.verdict.trust.value,
        "form": one.verdict.form,
        "nonce": one.verdict.nonce,
    }
    plain = json.dumps(head).encode() + b"\n" + record.body
    return frames.pack((one.received_at - _1970) // _MICROSECOND, vault.seal_bytes(plain))


def unpack(frame: frames.Frame) -> Record:
    """Raises vault.SealedWithAnotherKeyError."""
    line, _, body = vault.unseal_bytes(frame.payload).partition(b"\n")
    head = json.loads(line)
    return Record(
        account_id=head["account"],
        reason=Reason(head["reason"]) if head["reason"] else None,
        seconds=head["seconds"],
        body=body,
        evidence=Evidence(
            kind=head["kind"],
            received_at=moment(frame.moment),
            path=head["path"],
            query=head["query"],
            headers=head["headers"],
            remote_address=head["sender"],
            verdict=Verdict(trust=Trust(head["trust"]), form=head["form"], nonce=head["nonce"]),
        ),
    )


def moment(microseconds: int) -> datetime:
    return _1970 + microseconds * _MICROSECOND
