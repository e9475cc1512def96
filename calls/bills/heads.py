"""Guesses which column of a bill is which by its head, in Chinese or English."""

import re
import unicodedata
from collections.abc import Sequence

from calls.bills import cells
from calls.bills.cells import text
from calls.bills.files import Row

# For each field the heads that mean it, the surest first. One that is part of a longer head counts
# less, and only where it is long enough to mean something there.
_WORDS: dict[str, tuple[str, ...]] = {
    "id": (
        *("通话id", "callid", "calluuid", "callsid", "sessionid", "通话唯一标识", "通话标识"),
        *("呼叫id", "会话id", "呼叫标识", "通话流水号", "话单id", "话单号", "recordid", "流水号"),
        *("唯一标识", "uuid", "uniqueid", "id"),
    ),
    "billed": (
        *("计费时长", "计费秒数", "计费分钟数", "计费分钟", "计费时间", "结算时长", "收费时长"),
        *("billedduration", "billingduration", "billableduration", "chargeableduration"),
        *("billedseconds", "billableseconds", "billedminutes", "billsec", "billsecs", "billmin"),
        *("chargeduration", "billedtime", "billed", "feetime", "chargetime"),
    ),
    "seconds": (
        *("通话时长", "实际时长", "通话秒数", "实际通话时长", "时长", "callduration", "duration"),
        *("talktime", "talkseconds", "talkduration", "durationseconds", "holdingtime"),
        *("callseconds", "seconds", "通话分钟", "minutes"),
    ),
    "start": (
        *("开始时间", "通话开始时间", "呼叫开始时间", "呼叫时间", "起始时间", "拨打时间"),
        *("主叫时间", "发起时间", "通话时间", "starttime", "startat", "startedat", "begintime"),
        *("begincalltime", "callstarttime", "calltime", "接通时间", "应答时间", "answertime"),
        *("计费开始时间", "datetime", "时间", "日期", "通话日期", "date", "start", "calldate"),
    ),
    "clock": ("时刻", "time", "timeofday", "通话时刻"),
    "caller": (
        *("主叫", "主叫号码", "主叫号", "主叫方", "caller", "callernumber", "callernum"),
        *("callingnumber", "callingparty", "calling", "from", "fromnumber", "source", "ani"),
        *("callerid",),
    ),
    "callee": (
        *("被叫", "被叫号码", "被叫号", "被叫方", "callee", "calleenumber", "calleenum"),
        *("callednumber", "calledparty", "called", "to", "tonumber", "destination", "dnis"),
    ),
    "charge": (
        *("费用", "金额", "通话费用", "通话费", "话费", "总费用", "应收金额", "消费金额"),
        *("扣费金额", "计费金额", "fee", "charge", "amount", "cost", "totalfee", "totalcost"),
        *("callfee", "total"),
    ),
    "currency": ("币种", "货币", "结算币种", "currency", "currencycode", "ccy"),
}
_LONG_ENOUGH = {True: 2, False: 6}  # whether it is Chinese: characters
_NOISE = re.compile(r"[\s_\-./\\:：#*'\"]+")
_BRACKETS = re.compile(r"[(\[{<（【].*?(?:[)\]}>）】]|\Z)")
_MINUTES = re.compile(r"分|min|mins|minutes?\b", re.IGNORECASE)
_SECONDS = re.compile(r"秒|\bs\b|sec", re.IGNORECASE)
MOST_HEADS = 20  # rows in which heads are looked for


def plain(head: str) -> str:
    """A head as it is compared: without case, spaces and signs."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", head).lower())


def head_row(rows: Sequence[Row]) -> int:
    """The row in which the heads stand: the first that is best understood, otherwise the first
    with the most texts."""
    known, most_cells, found = 0, 0, 1
    for row in rows[:MOST_HEADS]:
        heads = [text(cell) for cell in row.cells or ()]
        score, filled = len(fields(heads)), sum(map(bool, heads))
        if (score, filled) > (known, most_cells) and (score > known or known == 0):
            known, most_cells, found = score, filled, row.number
    return found


def fields(heads: Sequence[str]) -> dict[str, int]:
    """The place of the column of each field that is recognised; no column stands for two."""
    offers = sorted(
        (score, place, name)
        for place, head in enumerate(heads)
        for name, words in _WORDS.items()
        if (score := _score(head, words)) is not None
    )
    found: dict[str, int] = {}
    for _score_of_it, place, name in offers:
        if name not in found and place not in found.values():
            found[name] = place
    if "clock" in found and "start" not in found:
        found["start"] = found.pop("clock")
    return found


def _score(head: str, words: Sequence[str]) -> int | None:
    """How well a head fits; less is better, None is not at all."""
    whole, bare = plain(head), plain(_BRACKETS.sub("", unicodedata.normalize("NFKC", head)))
    for place, word in enumerate(words):
        if word in {whole, bare}:
            return place
    for place, word in enumerate(words):
        if len(word) >= _LONG_ENOUGH[not word.isascii()] and word in bare:
            return 100 + place
    return None


def unit(head: str, samples: Sequence[str]) -> str:
    """What a duration is counted in, by its head and by what stands below it."""
    filled = [one for one in samples if one]
    if filled and all(":" in one for one in filled):
        return cells.CLOCK
    if _MINUTES.search(head) and not _SECONDS.search(head):
        return cells.MINUTES
    return cells.SECONDS


def order(samples: Sequence[str]) -> str:
    """Whether day or month comes first in dates that do not begin with the year."""
    for one in samples:
        if parts := re.match(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}", one):
            if int(parts[1]) > 12:
                return cells.DMY
            if int(parts[2]) > 12:
                return cells.MDY
    return cells.YMD
