"""Compares what was sent with what the portal kept and shows, push by push and call by call.

Pushes are counted in the inbox, by the digests of this plan's bodies; calls are read through the
portal's own API. What other plans have left behind plays no part.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

import httpx2

from calls.outcomes import Outcome
from vendors.models import Push, State, VendorAccount
from vendors.simulator.plan import Plan

PAGE = 500
MOST_SHOWN = 5


class UnexpectedAnswerError(Exception):
    """The read API did not answer with calls."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """Of one vendor's pushes: how many are in the inbox, how often they came, what went wrong."""

    different: int
    arrivals: int
    problems: Sequence[str]


@dataclass(kw_only=True, slots=True)
class Result:
    """One vendor's numbers, and a sentence for each thing that does not agree."""

    sent: int
    different: int
    kept: int
    arrivals: int
    expected: Mapping[str, Outcome]
    shown: Mapping[str, str]
    differences: list[str] = field(default_factory=list)


def digests(plan: Plan) -> dict[str, set[bytes]]:
    """The digests of a plan's bodies, by vendor."""
    found: dict[str, set[bytes]] = {vendor: set() for vendor in plan.expected}
    for push in plan.deliveries:
        found[push.vendor].add(hashlib.sha256(push.body).digest())
    return found


def kept(account: VendorAccount, wanted: Iterable[bytes]) -> Kept:
    """What the inbox holds of these bodies."""
    different = arrivals = 0
    problems: list[str] = []
    for some in _chunks(wanted):
        rows = Push.objects.filter(account=account, digest__in=some)
        for pk, repeats, state, problem in rows.values_list("pk", "repeats", "state", "problem"):
            different += 1
            arrivals += 1 + repeats
            if state != State.DONE:
                problems.append(f"push {pk} is {state}: {problem or 'no reason given'}")
    return Kept(different=different, arrivals=arrivals, problems=problems)


def _chunks(wanted: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(wanted)
    while some := list(islice(rest, PAGE)):
        yield some


def shown(
    client: httpx2.Client, url: str, token: str, account: VendorAccount, since: datetime
) -> Iterator[tuple[str, str]]:
    """Every call of an account and its outcome, page by page through the read API."""
    base = url.rstrip("/")
    query = {
        "vendor": account.vendor,
        "account": account.name,
        "from": since.isoformat(),
        "limit": str(PAGE),
    }
    page = httpx2.URL(f"{base}/api/v1/calls/", params=query)
    while True:
        answer = client.get(page, headers={"Authorization": f"Token {token}"}, timeout=60)
        if answer.status_code != 200:
            raise UnexpectedAnswerError(
                f"GET {page.path} was answered {answer.status_code}: {answer.text!r:.200}"
            )
        body = answer.json()
        for call in body["results"]:
            yield call["call_id"], call["outcome"]
        if not body["next"]:
            return
        following = urlsplit(body["next"])
        page = httpx2.URL(f"{base}{following.path}?{following.query}")


def compare(
    vendor: str,
    *,
    plan: Plan,
    acknowledged: int,
    repeated: int,
    before: Kept,
    after: Kept,
    shown: Mapping[str, str],
) -> Result:
    """One vendor's numbers side by side. A push that was repeated may have arrived each time."""
    sent = [push for push in plan.deliveries if push.vendor == vendor]
    different = len({push.body for push in sent})
    arrivals = after.arrivals - before.arrivals
    expected = plan.expected[vendor]
    result = Result(
        sent=acknowledged,
        different=different,
        kept=after.different,
        arrivals=arrivals,
        expected=expected,
        shown={call_id: shown[call_id] for call_id in expected if call_id in shown},
    )
    say = result.differences.append
    if acknowledged != len(sent):
        say(f"{vendor}: {len(sent)} pushes were planned, {acknowledged} acknowledged.")
    if after.different != different:
        say(f"{vendor}: {different} different pushes were sent, {after.different} are kept.")
    if not acknowledged <= arrivals <= acknowledged + repeated:
        say(f"{vendor}: {acknowledged} pushes were acknowledged, {arrivals} counted.")
    result.differences += _few(f"{vendor}: {one}." for one in after.problems)
    result.differences += _few(_wrong_calls(vendor, expected, shown))
    return result


def _wrong_calls(
    vendor: str, expected: Mapping[str, Outcome], shown: Mapping[str, str]
) -> Iterator[str]:
    for call_id, outcome in expected.items():
        if call_id not in shown:
            yield f"{vendor}: call {call_id} is not shown."
        elif shown[call_id] != outcome:
            yield f"{vendor}: call {call_id} should be {outcome.value}, is {shown[call_id]}."


def _few(sentences: Iterable[str]) -> list[str]:
    found = list(sentences)
    more = len(found) - MOST_SHOWN
    return found[:MOST_SHOWN] + ([f"… and {more} more like it."] if more > 0 else [])


def table(results: Mapping[str, Result]) -> list[str]:
    """The numbers as lines of text, a column a vendor; sent, and in brackets what differs."""
    rows: list[tuple[str, list[str]]] = [
        ("different pushes sent", [f"{one.different:,}" for one in results.values()]),
        ("  kept", [f"{one.kept:,}" for one in results.values()]),
        ("pushes sent in all", [f"{one.sent:,}" for one in results.values()]),
        ("  counted", [f"{one.arrivals:,}" for one in results.values()]),
        ("calls sent", [f"{len(one.expected):,}" for one in results.values()]),
        ("  shown", [f"{len(one.shown):,}" for one in results.values()]),
    ]
    for outcome in Outcome:
        cells = []
        for one in results.values():
            wanted = Counter(one.expected.values())[outcome]
            found = Counter(one.shown.values())[outcome.value]
            cells.append(f"{wanted:,}" if wanted == found else f"{wanted:,} ({found:,})")
        rows.append((outcome.value, cells))
    width = 12
    head = " " * 22 + "".join(f"{vendor:>{width}}" for vendor in results)
    return [head, *(f"{name:22}" + "".join(f"{c:>{width}}" for c in cells) for name, cells in rows)]
