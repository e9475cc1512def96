"""What a vendor is: how it is answered, what its account needs, and how its pushes are read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from calls.facts import CallFacts, CodeFact
from vendors.adapters.imports import Imports
from vendors.adapters.outbound import Outbound
from vendors.adapters.parsing import UnreadablePushError
from vendors.adapters.reader import CODE_LENGTH, MOST_RECORDS, Reader
from vendors.adapters.recordings import Recordings

Part = TypeVar("Part")

TEXT = "text/plain; charset=utf-8"
JSON = "application/json;charset=UTF-8"


class Outcome(StrEnum):
    """What can become of a request at a push address."""

    KEPT = "kept"
    UNKNOWN_ADDRESS = "unknown address"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    TOO_LARGE = "too large"
    WRONG_METHOD = "wrong method"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, to the byte. Only an acknowledgement may contain the word success."""

    status: int
    body: bytes
    content_type: str = TEXT


RETRY_AFTER = 1  # seconds, as everybody hears with 503

PLAIN_ANSWERS: Mapping[Outcome, Answer] = {
    Outcome.UNKNOWN_ADDRESS: Answer(404, b"unknown address"),
    Outcome.UNAUTHORIZED: Answer(401, b"unauthorized"),
    Outcome.FORBIDDEN: Answer(403, b"forbidden"),
    Outcome.TOO_LARGE: Answer(413, b"too large"),
    Outcome.WRONG_METHOD: Answer(405, b"method not allowed"),
    Outcome.UNAVAILABLE: Answer(503, b"unavailable"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What came of reading one push: facts, and a sentence for each part that could not be read.

    ``placed`` gives, by call id, the token of the request of ours that placed the call.
    """

    facts: Sequence[CallFacts]
    problems: Sequence[str] = ()
    placed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A push address of a vendor, and the words that its console uses for it."""

    key: str
    console_zh: str
    console_en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A key of ``account add --set``. Secrets are encrypted; a check raises ValueError."""

    key: str
    label_zh: str
    label_en: str
    is_secret: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()
    check: Callable[[str], object] | None = None


OFF, OBSERVE, ENFORCE = "off", "observe", "enforce"

PUSH_SIGNATURE = Setting(
    key="push_signature",
    label_zh="推送签名",
    label_en="Push signature",
    default=OBSERVE,
    choices=(OFF, OBSERVE, ENFORCE),
)


class Trust(StrEnum):
    """What checking a push's signature came to."""

    NOT_CHECKED = "not checked"
    ABSENT = "absent"
    VALID = "valid"
    WRONG = "wrong"
    STALE = "stale"
    MALFORMED = "malformed"
    REPLAYED = "replayed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """``form`` names the formula that matched, ``nonce`` what must not be seen twice."""

    trust: Trust
    form: str = ""
    nonce: str = ""
    secret: int = 0  # which of the given secrets matched, counted from 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """What a signature is checked against. ``addresses`` are those that the account hands out."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    addresses: Sequence[str]
    secrets: Sequence[str]
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Vendor:
    """A vendor: everything that the portal needs to know to take its pushes, and to ask it for
    calls where ``outbound`` says how."""

    key: str
    name: str
    kinds: tuple[Kind, ...]
    acknowledgement: Answer
    read: Callable[[str, bytes], Reading]
    imports: Imports
    settings: tuple[Setting, ...] = ()
    answers: Mapping[Outcome, Answer] = field(default_factory=dict)
    check_signature: Callable[[Signed], Verdict] | None = None
    signed_with: str = ""  # the setting that holds the secret of signed pushes
    default_region: str = "CN"
    address_length: int = 0  # the longest push address that its console takes; 0 is any
    folder: Path = Path()
    outbound: Outbound | None = None  # what it can be asked to do
    recordings: Recordings = field(default_factory=Recordings)

    @property
    def kind_keys(self) -> frozenset[str]:
        return frozenset(kind.key for kind in self.kinds)

    def answer(self, outcome: Outcome) -> Answer:
        """What this vendor hears."""
        if outcome is Outcome.KEPT:
            return self.acknowledgement
        return self.answers.get(outcome) or PLAIN_ANSWERS[outcome]

    def code_tables(self) -> dict[str, Path]:
        """The vendor's code tables, by scheme."""
        tables = sorted((self.folder / "codes").glob("*.csv"))
        return {f"{self.key}.{path.stem}": path for path in tables}

    def billing_table(self) -> Path:
        """What the vendor bills, by service."""
        return self.folder / "billing.csv"

    def equal_codes(self) -> list[Path]:
        """The file that says which of its codes equal codes of other tables, if there is one."""
        return [path for path in (self.folder / "equivalents.csv",) if path.exists()]


def read_push(parse: Callable[[Reader], Reading], body: bytes) -> Reading:
    """Read a push: what came of it, or why it could not be read at all."""
    try:
        return parse(Reader.of(body))
    except UnreadablePushError as error:
        return Reading(facts=(), problems=(str(error),))


def read_each(
    reader: Reader, key: str, parse: Callable[[Reader], Part]
) -> tuple[list[Part], list[str]]:
    """Read the objects of a list: those that could be read, and a sentence for each other one.

    One that cannot be read does not cost its neighbours. A list too long for any vendor is refused.
    """
    parts: list[Part] = []
    problems: list[str] = []
    items = reader.items(key)
    if len(items) > MOST_RECORDS:
        raise UnreadablePushError(
            f"{reader.place(key)}: expected at most {MOST_RECORDS} records, got {len(items)}"
        )
    for place, item in items:
        try:
            parts.append(parse(Reader.at(place, item)))
        except UnreadablePushError as error:
            problems.append(str(error))
    return parts, problems


def code(
    reader: Reader, key: str, scheme: str, *, zero_says_nothing: bool = False
) -> tuple[CodeFact, ...]:
    """The code in a field, if there is one."""
    value = reader.text(key, CODE_LENGTH)
    if value is None or (zero_says_nothing and value == "0"):
        return ()
    return (CodeFact(scheme=scheme, value=value, place=key),)
