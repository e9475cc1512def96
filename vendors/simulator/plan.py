"""A month of made-up traffic, the same for the same seed: what is sent when, and what is lost.

Calls follow office hours and the days of the week. A few pushes are sent twice, overtake one
another, come hours late or never: that is how vendors are. The plan knows what the portal should
show for each call: the outcome that the pushes which do arrive tell of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from calls.outcomes import Outcome
from vendors.simulator import huawei, nxcloud, voicepush, yeta
from vendors.simulator.scenario import BEIJING, Delivery, Player, Scenario, Sort, after

PLAYERS: Mapping[str, Player] = {
    player.vendor: player
    for player in (huawei.PLAYER, nxcloud.PLAYER, voicepush.PLAYER, yeta.PLAYER)
}

# How busy each hour of a day is in Beijing, and each day of a week from Monday on.
HOURS = (1, 1, 1, 0, 0, 1, 2, 6, 30, 80, 100, 90, 45, 55, 95, 100, 95, 80, 55, 40, 30, 15, 6, 2)
WEEKDAYS = (1.0, 0.95, 0.95, 0.9, 1.0, 0.45, 0.35)
RINGS = {Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.REJECTED, Outcome.CANCELLED}
CAMPAIGN_SIZE = 60
NOT_TO_THE_END = timedelta(minutes=10)
CUSTOMERS, OWN_LINES = range(1000, 1900), range(9000, 9020)

# How often a call loses pushes, and which. One alone, where the last word says so.
LOSSES: tuple[tuple[float, frozenset[Sort], bool], ...] = (
    (0.015, frozenset({Sort.STATUS}), False),
    (0.015, frozenset({Sort.STATUS}), True),
    (0.015, frozenset({Sort.RECORDING}), False),
    (0.01, frozenset({Sort.RECORD}), True),
    (0.005, frozenset({Sort.RECORD}), False),
    (0.005, frozenset(Sort), False),
)
REPEATED, OVERTAKEN, LATE = 0.03, 0.06, 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is sent, in order; ``expected`` is each call's outcome by vendor and call id."""

    start: datetime
    end: datetime
    deliveries: tuple[Delivery, ...]
    expected: Mapping[str, Mapping[str, Outcome]]


def make(*, seed: int, end: datetime, days: int, calls: int) -> Plan:
    """The plan for a seed, an end, a length and a number of calls; always the same one."""
    start = end - timedelta(days=days)
    deliveries: list[Delivery] = []
    for player in PLAYERS.values():
        key = f"{seed} {end.isoformat()} {days} {calls} {player.vendor}"
        dice = Random(key)  # noqa: S311 - traffic, not secrets
        count = max(1, round(calls * player.share))
        scenarios = _scenarios(player, dice, start, end, count)
        sent = [push for push in player.pushes(scenarios, dice) if push.at <= end]
        deliveries += _disturbed(_without_lost(sent, dice), dice)
    deliveries.sort(key=lambda push: push.at)
    return Plan(start=start, end=end, deliveries=tuple(deliveries), expected=_expected(deliveries))


def _scenarios(
    player: Player, dice: Random, start: datetime, end: datetime, count: int
) -> list[Scenario]:
    """Each outcome of the vendor once, then by its mix. Only who pushes live has calls going on."""
    last = end if player.pushes_live else end - NOT_TO_THE_END
    outcomes = list(player.mix)[:count]
    outcomes += dice.choices(list(player.mix), list(player.mix.values()), k=count - len(outcomes))
    dice.shuffle(outcomes)
    moments = _moments(dice, start, last, count)
    made = [_scenario(player, dice, at, one) for at, one in zip(moments, outcomes, strict=True)]
    made = [one for one in made if player.pushes_live or one.ended_at < last]
    return list(_with_campaigns(made, round(count * player.campaign_share)))


def _moments(dice: Random, start: datetime, end: datetime, count: int) -> list[datetime]:
    hours = [start + timedelta(hours=n) for n in range((end - start) // timedelta(hours=1))]
    weights = accumulate(_busyness(hour) for hour in hours)
    chosen = dice.choices(hours, cum_weights=list(weights), k=count)
    return sorted(hour + timedelta(milliseconds=dice.randrange(3_600_000)) for hour in chosen)


def _busyness(hour: datetime) -> float:
    local = hour.astimezone(BEIJING)
    return HOURS[local.hour] * WEEKDAYS[local.weekday()] + 0.01


def _scenario(player: Player, dice: Random, at: datetime, outcome: Outcome) -> Scenario:
    rings = outcome in RINGS
    rang_at = after(at, dice.uniform(0.8, 5)) if rings else None
    waits = dice.uniform(25, 55) if outcome is Outcome.NO_ANSWER else dice.uniform(2, 22)
    picked_up_or_gone_at = after(rang_at or at, waits if rings else dice.uniform(1, 9))
    is_answered = outcome is Outcome.ANSWERED
    talk = min(4 + dice.expovariate(1 / player.mean_talk_seconds), 1800) if is_answered else 0
    return Scenario(
        outcome=outcome,
        own_line=dice.choice(OWN_LINES),
        customer_line=dice.choice(CUSTOMERS),
        shown_line=dice.choice(OWN_LINES) + 500,
        is_inbound=dice.random() < player.inbound_share,
        started_at=at,
        rang_at=rang_at,
        answered_at=picked_up_or_gone_at if is_answered else None,
        ended_at=after(picked_up_or_gone_at, talk),
        customer_hung_up=outcome is not Outcome.CANCELLED and dice.random() < 0.6,
    )


def _with_campaigns(scenarios: Sequence[Scenario], count: int) -> Iterator[Scenario]:
    """Some calls become campaigns: all calls of one end in the same second."""
    campaigns = -(-count // CAMPAIGN_SIZE)
    size = len(scenarios) // campaigns if campaigns else 0
    for place, one in enumerate(scenarios):
        is_campaign = size > 0 and place % size < CAMPAIGN_SIZE and place // size < campaigns
        if not is_campaign:
            yield one
            continue
        first = scenarios[place - place % size]
        yield replace(one.moved(first.ended_at - one.ended_at), is_campaign=True)


def _without_lost(deliveries: Sequence[Delivery], dice: Random) -> list[Delivery]:
    """What is left when some pushes never come. Pushes about several calls always do."""
    by_call: dict[str, list[Delivery]] = defaultdict(list)
    for push in deliveries:
        if len(push.words) == 1:
            by_call[push.words[0].call_id].append(push)
    lost: set[int] = set()
    for pushes in by_call.values():
        lost |= {id(push) for push in _lost(pushes, dice)}
    return [push for push in deliveries if id(push) not in lost]


def _lost(pushes: Sequence[Delivery], dice: Random) -> Sequence[Delivery]:
    roll = dice.random()
    for chance, sorts, is_one in LOSSES:
        if roll < chance:
            lost = [push for push in pushes if push.sort in sorts]
            return [dice.choice(lost)] if is_one and lost else lost
        roll -= chance
    return ()


def _disturbed(deliveries: Iterable[Delivery], dice: Random) -> Iterator[Delivery]:
    """The same pushes, some of them late or overtaken by others, some sent again."""
    for push in deliveries:
        roll = dice.random()
        delay = 0.0
        if roll < LATE:
            delay = dice.uniform(3_600, 72_000)
        elif roll < LATE + OVERTAKEN:
            delay = dice.uniform(2, 120)
        arriving = replace(push, at=after(push.at, delay))
        yield arriving
        while dice.random() < REPEATED:
            arriving = replace(arriving, at=after(arriving.at, dice.uniform(1, 3_600)))
            yield arriving


def _expected(deliveries: Iterable[Delivery]) -> dict[str, dict[str, Outcome]]:
    """Each call's outcome, from what was told of it. Nothing told is unknown."""
    told: dict[str, dict[str, set[Outcome]]] = {vendor: {} for vendor in PLAYERS}
    for push in deliveries:
        for word in push.words:
            heard = told[push.vendor].setdefault(word.call_id, set())
            heard |= {word.tells} if word.tells else set()
    return {
        vendor: {call_id: _outcome(heard) for call_id, heard in calls.items()}
        for vendor, calls in told.items()
    }


def _outcome(told: set[Outcome]) -> Outcome:
    """A vendor names a general fault beside the exact one; who was answered, was answered."""
    if Outcome.ANSWERED in told:
        return Outcome.ANSWERED
    exact = told - {Outcome.FAILED}
    return min(exact or told, default=Outcome.UNKNOWN)
