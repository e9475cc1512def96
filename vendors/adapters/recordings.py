"""Where a vendor's recordings are, for how long, and how one is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2

from vendors.adapters.outbound import Result

Settings = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """A recording as pushes announced it: an address, perhaps relative, or a name to ask for."""

    address: str = ""
    object_name: str = ""
    object_domain: str = ""


def as_announced(settings: Settings, announced: Announced) -> str:
    """The announced address itself."""
    return announced.address


def never(details: Mapping[str, Any], talk_seconds: int | None) -> bool:
    """The vendor does not say beforehand that there will be a recording."""
    return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Recordings:
    """How a vendor's recordings are fetched.

    ``hosts`` are words of ``vendors.downloading.hosts``: the vendor's own. ``address`` gives an
    absolute address, or nothing where it has to be asked for; then ``ask`` gives it as a result's
    ``location``, and raises NotSentError or NoAnswerError. ``lives`` is how long the vendor keeps
    the file. ``is_expected`` tells from a call record that a recording will be announced.
    """

    hosts: tuple[str, ...] = ()
    own_hosts: Callable[[Settings], tuple[str, ...]] = lambda settings: ()
    lives: timedelta = timedelta(days=7)
    address: Callable[[Settings, Announced], str] = as_announced
    ask: Callable[[Settings, Announced, httpx2.BaseTransport], Result] | None = None
    scheme: str = ""  # the table of result codes of ``ask``
    is_expected: Callable[[Mapping[str, Any], int | None], bool] = never


def host_word(url: str) -> tuple[str, ...]:
    """The host of an address that an administrator typed, as a word; none where it has none."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return ()
    if not parsed.host or parsed.scheme not in {"http", "https"}:
        return ()
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    port = f":{parsed.port}" if parsed.port else ""
    return (f"{parsed.scheme}://{host}{port}",)
