"""A year of made-up calls of four vendors, as rows: the same for the same seed, end and number.

Who calls whom is skewed as it is in life. One line is in a fifth of all calls, another one in a
tenth, none of them in the last seven months; the other lines follow Zipf's law; most customers are
in one to five calls, a few in hundreds. What happens in a call is cast from ``moulds``.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks import sentences
from tests.benchmarks.mould import Mould
from vendors.simulator.huawei_calls import HOST
from vendors.simulator.nxcloud import SNOWFLAKES_BEGAN
from vendors.simulator.plan import HOURS, WEEKDAYS
from vendors.simulator.scenario import BEIJING

DAYS = 365
SHARES = {"yeta": 0.45, "huawei": 0.22, "voicepush": 0.2, "nxcloud": 0.13}
ACCOUNTS = (0.6, 0.3, 0.1)  # of each vendor's calls
BUSIEST, RETIRED = 0, 1  # lines
BUSIEST_SHARE, RETIRED_SHARE, RETIRED_AFTER = 0.25, 0.115, 0.4
LINES, AGENTS = 400, 2_000
CUSTOMERS = 0.4  # for each call
FREQUENT = 0.15  # of the calls are with customers who call again and again
TAGS = ("重点客户", "已回访", "投诉", "vip", "复核", "号码有误")
TAGGED = 0.004
SENTENCES = 80_000
CHUNK = 5_000
PUSHED = 0.1  # the newest calls, whose pushes are made as well
_MOBILES, _HONG_KONG = 3_000_000_000, 30_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400
_MIX = 0x9E3779B97F4A7C15

Whole = NDArray[np.int64]


def number(kind: int, place: int, vendor: str) -> str:
    """A telephone number: no two for different places. NXCLOUD's are of Hong Kong."""
    mixed = (place * 3 + kind) * 1_000_003 + 77_777_777
    if vendor == "nxcloud":
        mixed %= _HONG_KONG
        return f"852{'569'[mixed // 10_000_000]}{mixed % 10_000_000:07d}"
    mixed = mixed * 101 % _MOBILES
    return f"1{'358'[mixed // 1_000_000_000]}{mixed % 1_000_000_000:09d}"


OWN, CUSTOMER, LINE = range(3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draws:
    """Of each call, in the order of time: what chance has decided."""

    at: Whole  # seconds since 1970
    vendor: Whole
    account: Whole
    mould: Whole
    line: Whole
    agent: Whole
    customer: Whole
    chance: NDArray[np.uint64]
    tag: Whole


def draw(count: int, seed: int, end: datetime, moulds: Sequence[int]) -> Draws:
    """Decide everything about ``count`` calls; ``moulds`` says how many each vendor has."""
    dice = np.random.default_rng([seed, count])
    at = _moments(dice, count, end)
    vendor = dice.choice(len(SHARES), size=count, p=list(SHARES.values()))
    pool = max(1, int(count * CUSTOMERS))
    customer = (dice.random(count) * pool).astype(np.int64)
    frequent = dice.random(count) < FREQUENT
    customer[frequent] = (dice.random(int(frequent.sum())) ** 4 * pool).astype(np.int64)
    return Draws(
        at=at,
        vendor=vendor,
        account=dice.choice(len(ACCOUNTS), size=count, p=ACCOUNTS),
        mould=(dice.random(count) * np.array(moulds)[vendor]).astype(np.int64),
        line=_lines(dice, count),
        agent=(dice.random(count) ** 2 * AGENTS).astype(np.int64),
        customer=customer,
        chance=dice.integers(0, 2**63, size=count, dtype=np.uint64),
        tag=np.where(dice.random(count) < TAGGED, dice.integers(0, len(TAGS), size=count), -1),
    )


def _moments(dice: np.random.Generator, count: int, end: datetime) -> Whole:
    """Seconds since 1970, ascending, busy when offices are."""
    start = end - timedelta(days=DAYS)
    hours = [start + timedelta(hours=one) for one in range(DAYS * 24)]
    local = [hour.astimezone(BEIJING) for hour in hours]
    busy = np.array([HOURS[one.hour] * WEEKDAYS[one.weekday()] + 0.01 for one in local])
    per_hour = dice.multinomial(count, busy / busy.sum())
    first = np.array([(hour - _EPOCH) // timedelta(seconds=1) for hour in hours])
    at = np.repeat(first, per_hour) + dice.integers(0, 3_600, size=count)
    at.sort()
    return at


def _lines(dice: np.random.Generator, count: int) -> Whole:
    weights = 1 / np.arange(1, LINES + 1) ** 1.1
    line = 2 + dice.choice(LINES, size=count, p=weights / weights.sum())
    roll = dice.random(count)
    line[roll < BUSIEST_SHARE] = BUSIEST
    is_old = np.arange(count) < count * RETIRED_AFTER
    line[is_old & (roll > 1 - RETIRED_SHARE / RETIRED_AFTER)] = RETIRED
    return line


class Caster:
    """Casts the rows of calls, one after the other, from moulds and draws."""

    def __init__(
        self,
        moulds: Mapping[str, Sequence[Mould]],
        accounts: Mapping[str, Sequence[int]],
        draws: Draws,
        seed: int,
    ) -> None:
        self.draws = draws
        self.vendors = list(SHARES)
        self.moulds = moulds
        self.accounts = accounts
        self.sentences = sentences.make(seed, min(SENTENCES, len(draws.at)))
        first, last = int(draws.at[0]) // _DAY, int(draws.at[-1]) // _DAY
        self.first_day = first - 4
        days = [_EPOCH + timedelta(days=day) for day in range(first - 4, last + 5)]
        self.dates = {letter: [f"{day:%Y-%m-%d}{letter}" for day in days] for letter in " T"}
        self.compact = [f"{day:%Y%m%d}" for day in days]
        self.weeks = [f"{day:%V}" for day in days]
        seconds = range(_DAY)
        self.clock = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in seconds]
        self.begin()

    def begin(self, place: int = 0) -> None:
        """Number rows as they are numbered from this call on."""
        numbered = [0, 0, 0]
        for vendor, name in enumerate(self.vendors):
            are_its = self.draws.vendor[:place] == vendor
            made = np.bincount(self.draws.mould[:place][are_its], minlength=len(self.moulds[name]))
            each = [(one.has_dialog, one.pushes, one.recordings) for one in self.moulds[name]]
            numbered = [
                before + int(more)
                for before, more in zip(numbered, made @ np.array(each), strict=True)
            ]
        self.next_dialog, self.next_push, self.next_recording = (one + 1 for one in numbered)

    def firsts(self) -> range:
        """Where chunks begin."""
        return range(0, len(self.draws.at), CHUNK)

    def chunk(self, first: int) -> dict[str, str]:
        """The rows of a few thousand calls, by table."""
        self.begin(first)
        lines: dict[str, list[str]] = defaultdict(list)
        for place in range(first, min(first + CHUNK, len(self.draws.at))):
            self._cast(place, lines)
        return {table: "".join(some) for table, some in lines.items()}

    def _cast(self, place: int, lines: dict[str, list[str]]) -> None:
        mould = self.mould(place)
        values = self.values(place, mould)
        for table, text, pick in mould.rows:
            lines[table].append(text % pick(values))
        tag = self.draws.tag[place]
        if tag >= 0:
            lines["calls_tag"].append(f"{place + 1}\t{TAGS[tag]}\n")

    def mould(self, place: int) -> Mould:
        vendor = self.vendors[int(self.draws.vendor[place])]
        return self.moulds[vendor][int(self.draws.mould[place])]

    def account(self, place: int) -> int:
        vendor = self.vendors[int(self.draws.vendor[place])]
        return self.accounts[vendor][int(self.draws.account[place])]

    def at(self, place: int) -> datetime:
        return _EPOCH + timedelta(seconds=int(self.draws.at[place]))

    def values(self, place: int, mould: Mould) -> list[object]:
        """What fills the holes of a mould for one call; counts the rows that are numbered."""
        draws = self.draws
        vendor, at = mould.vendor, int(draws.at[place])
        chance = int(draws.chance[place])
        hexadecimal = f"{chance:016x}{chance * _MIX & 0xFFFFFFFFFFFFFFFF:016x}"
        line_kind = int(draws.line[place])
        customer_place = int(draws.customer[place])
        customer = number(CUSTOMER, customer_place, vendor)
        line = number(LINE, line_kind, vendor)
        own = line if vendor == "yeta" else number(OWN, int(draws.agent[place]), vendor)
        said = self.sentences[chance % len(self.sentences)]
        also = self.sentences[(chance >> 20) % len(self.sentences)]
        day = at // _DAY - self.first_day
        values: list[object] = [
            place + 1,
            self.account(place),
            self._call_id(mould, at, chance, hexadecimal),
            own,
            customer,
            line,
            10**17 + chance % (9 * 10**17),
            hexadecimal,
            f"{(customer_place * _MIX) & 0xFFFFFFFFFFFFFFFF:032x}"[::-1],
            self.weeks[day],
            own[::-1],
            customer[::-1],
            line[::-1],
            self.next_dialog,
            said[0],
            said[1],
            also[0],
            also[1],
        ]
        self.next_dialog += mould.has_dialog
        for offset, letter in mould.moments:
            day, second = divmod(at + offset, _DAY)
            values.append(self.dates[letter][day - self.first_day] + self.clock[second])
        values.extend(range(self.next_push, self.next_push + mould.pushes))
        self.next_push += mould.pushes
        values.extend(range(self.next_recording, self.next_recording + mould.recordings))
        self.next_recording += mould.recordings
        for text, pick in mould.keys:
            digest = hashlib.sha256((text % pick(values)).encode())
            values.append(digest.hexdigest()[:40])
        return values

    def _call_id(self, mould: Mould, at: int, chance: int, hexadecimal: str) -> str:
        """An id in the vendor's manner."""
        if mould.vendor == "yeta":
            if "-" not in mould.call_id:
                return f"01{hexadecimal[:30].upper()}"
            h = hexadecimal
            return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
        if mould.vendor == "nxcloud":
            milliseconds = (at - SNOWFLAKES_BEGAN.timestamp()) * 1000
            return str(int(milliseconds) << 22 | chance & 0x3FFFFF)
        local = at if mould.vendor == "huawei" else at + 8 * 3_600
        day, second = divmod(local, _DAY)
        moment = self.compact[day - self.first_day] + self.clock[second].replace(":", "")
        if mould.vendor == "voicepush":
            return f"NM{moment[2:]}1150001{hexadecimal[:12]}"
        return f"{mould.call_id[:4]}_{chance % 10**12:012d}_4294967295_{moment}@{HOST}"
