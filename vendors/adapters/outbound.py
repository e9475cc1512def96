"""What a vendor can be asked to do: operations, their parameters, and what comes of asking.

An operation checks its parameters before anything is sent. Asking ends in a ``Result``, which is
the vendor's own answer, or in one of two errors that must never be confused: ``NotSentError``
(nothing was written, so asking again is safe) and ``NoAnswerError`` (it may have been acted upon).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import httpx2

Parameters = Mapping[str, Any]


class Kind(StrEnum):
    """What a parameter holds; forms draw a field by it."""

    NUMBER = "number"  # a telephone number that is rung
    SHOWN_NUMBER = "shown_number"  # a number of the account's own, which is displayed
    TEXT = "text"
    AUDIO_FILE = "audio_file"  # the name of a file that the vendor holds
    WHOLE = "whole"
    CHOICE = "choice"
    SWITCH = "switch"  # "true" or "false"
    ADDRESS = "address"  # of ours, that the vendor pushes to
    TEXTS = "texts"  # a list of texts
    PARTS = "parts"  # a list of objects, each with the parameters in ``parts``


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    value: str
    label_zh: str
    label_en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """A parameter by the vendor's own name.

    ``least`` and ``most`` bound the characters of a text, the value of a whole number, the items
    of a list. ``default`` is what the vendor assumes where it is absent, ``suggested`` what our
    form begins with. Secret ones are encrypted at rest and shown masked.
    """

    key: str
    kind: Kind
    label_zh: str
    label_en: str
    help_zh: str = ""
    help_en: str = ""
    is_required: bool = False
    is_secret: bool = False
    is_rare: bool = False
    least: int = 0
    most: int = 0
    choices: tuple[Choice, ...] = ()
    default: str = ""
    suggested: str = ""
    parts: tuple["Parameter", ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """A parameter, the rule that it breaks in both languages, and what was found there.

    ``parameter`` says the place, such as ``playInfoList[1].notifyVoice``; ``found`` is empty where
    there was nothing.
    """

    parameter: str
    rule_zh: str
    rule_en: str
    found: str = ""

    def __str__(self) -> str:
        return f"{self.parameter}: {self.rule_en}, got {self.found or 'nothing'}"


class WrongParametersError(Exception):
    """Parameters that the vendor would refuse: nothing is sent."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__("; ".join(map(str, complaints)))
        self.complaints = tuple(complaints)


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One thing that a vendor can be asked to do.

    ``check`` gives the parameters as they are sent, or raises WrongParametersError. Asking twice
    for an operation that does not dial does no harm. The keys name the parameters that hold the
    parties, the numbers shown to them, and the vendor's id of the call that it is about.
    """

    key: str
    label_zh: str
    label_en: str
    parameters: tuple[Parameter, ...]
    check: Callable[[Parameters], dict[str, Any]]
    dials: bool = True
    caller_key: str = ""
    callee_key: str = ""
    shown_keys: tuple[str, ...] = ()
    call_id_key: str = ""

    @property
    def secret_keys(self) -> frozenset[str]:
        return frozenset(one.key for one in self.parameters if one.is_secret)


class Fault(StrEnum):
    """Why asking did not end in an answer."""

    # Nothing was written.
    NO_ADDRESS = "no address"  # the host's name is not known
    NOT_CONNECTED = "not connected"  # refused, or no route
    CONNECT_TIMED_OUT = "connect timed out"
    NO_TLS = "no tls"  # the certificate or the handshake
    SETTING_MISSING = "setting missing"
    # Something was written.
    TIMED_OUT = "timed out"
    CUT = "cut"  # the connection ended before the answer did
    MALFORMED = "malformed"  # an answer that is not the vendor's


class NotSentError(Exception):
    """Nothing was written. ``detail`` is the library's own word, or the name of a setting."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail


class NoAnswerError(Exception):
    """The request was written, and no answer that tells anything came: it may have been acted upon.

    ``raw`` is whatever did come, as text.
    """

    def __init__(
        self, fault: Fault, detail: str = "", *, http_status: int | None = None, raw: str = ""
    ) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail
        self.http_status = http_status
        self.raw = raw


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """The vendor's answer. ``is_accepted`` says that it did, or will do, what it was asked.

    ``code`` is empty where an answer that refuses is not the vendor's own: then nothing was done,
    and the address is wrong. ``call_id`` is the vendor's id of the call, ``location`` an address.
    """

    is_accepted: bool
    http_status: int
    code: str = ""
    description: str = ""
    call_id: str = ""
    location: str = ""
    raw: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


class Send(Protocol):
    """Ask once. ``before_write`` is called with the connection open, directly before the first
    byte is written; when it raises, nothing is written. Raises NotSentError or NoAnswerError.

    ``settings`` holds the account's settings by key, secrets among them.
    """

    def __call__(
        self,
        settings: Mapping[str, str],
        operation: str,
        parameters: Parameters,
        *,
        transport: httpx2.BaseTransport,
        before_write: Callable[[], None],
    ) -> Result: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Outbound:
    """What a vendor that takes requests offers, and the settings that it ``needs``.

    ``scheme`` is the table of its result codes. ``mark`` puts a token of ours into parameters that
    the vendor echoes in its pushes; its pushes' reader takes it out again. ``addresses`` puts our
    push addresses (by kind) in, where the parameters name none.
    """

    operations: tuple[Operation, ...]
    scheme: str
    send: Send
    mark: Callable[[Parameters, str], dict[str, Any]]
    addresses: Callable[[Parameters, Mapping[str, str]], dict[str, Any]]
    end_call: Callable[[str], tuple[str, dict[str, Any]]]  # call id → operation, parameters
    needs: tuple[str, ...] = ()

    def operation(self, key: str) -> Operation | None:
        return next((one for one in self.operations if one.key == key), None)
