"""Calls of the simulator as moulds: rows with holes where a call has its own number, id or time.

A mould is made as a call is. Its pushes go through the vendor's adapter, through ``calls.draft``
and ``calls.handles``; so whatever is cast from it is what ``calls.ingest`` would have written.
Before that, what is to differ from call to call is replaced by marks that come through unharmed:
words between ``zz``, numbers of the simulator's lines, moments near the call's own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from calls.draft import Draft, Statement
from calls.facts import CallFacts
from calls.models import Account, Call
from tests.benchmarks.cutting import Cutter
from tests.benchmarks.marks import Marks
from tests.benchmarks.mould import Mould
from vendors.registry import VENDORS
from vendors.simulator import plan

MADE_AT = datetime(2026, 3, 2, tzinfo=UTC)  # the end of the simulator's month
_FIRST_PUSH = 990_000_000_000


def make(seed: int, calls: int, accounts: Mapping[str, Account]) -> dict[str, list[Mould]]:
    """Moulds of a simulated month by vendor."""
    made = plan.make(seed=seed, end=MADE_AT, days=30, calls=calls)
    heard: dict[tuple[str, str], list[tuple[bytes, datetime, CallFacts]]] = defaultdict(list)
    for push in made.deliveries:
        for facts in VENDORS[push.vendor].read(push.kind, push.body).facts:
            heard[push.vendor, facts.call_id].append((push.body, push.at, facts))
    dice = Random(seed)  # noqa: S311 - no secret
    marks = Marks(dice, [one for said in heard.values() for _, _, one in said])
    moulds: dict[str, list[Mould]] = defaultdict(list)
    for (vendor, _), said in sorted(heard.items(), key=lambda one: one[0]):
        moulds[vendor].append(_mould(accounts[vendor], said, marks, dice))
    return dict(moulds)


def _mould(
    account: Account,
    said: Sequence[tuple[bytes, datetime, CallFacts]],
    marks: Marks,
    dice: Random,
) -> Mould:
    bodies = {body: number for number, body in enumerate(dict.fromkeys(b for b, _, _ in said))}
    statements = [(bodies[body], at, marks.put(facts)) for body, at, facts in said]
    draft = Draft(
        Call(
            account=account,
            vendor=account.vendor,
            call_id="zzcall_idzz",
            first_received_at=statements[0][1],
        )
    )
    for number, at, facts in statements:
        draft.hear(
            Statement(push_id=_FIRST_PUSH + number, received_at=at, account=account, facts=facts)
        )
    draft.settle()
    draft.call.updated_at = max(at for _, at, _ in statements) + timedelta(seconds=2)
    return Cutter(draft, len(bodies), dice).mould(said[0][2].call_id, tuple(statements))
