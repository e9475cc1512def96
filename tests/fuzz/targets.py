"""What is fuzzed: functions of bytes that return, or raise what is a finding.

A target holds what was promised of its input. Nothing else may come out of it: no exception but
those that are documented, no answer of ours that blames us.
"""

import functools
from collections.abc import Callable
from typing import Any

from vendors.adapters.base import Outcome, Reading
from vendors.downloading.hosts import Host
from vendors.downloading.locations import Location
from vendors.registry import VENDORS

Target = Callable[[bytes], None]

LONGEST_SENTENCE = 500


class FindingError(AssertionError):
    """An input for which a promise does not hold."""


def adapter(vendor: str, body: bytes) -> None:
    """Whatever the bytes, a reading: facts, and short sentences for what could not be read."""
    reading = VENDORS[vendor].read("any", body)
    if not isinstance(reading, Reading):
        raise FindingError(f"expected a reading, got {type(reading)}")
    for problem in reading.problems:
        if ": expected " not in problem or len(problem) > LONGEST_SENTENCE:
            raise FindingError(f"expected a sentence, got {problem[:600]!a}")


def address(body: bytes) -> None:
    """An address is read in one way or refused; read again, it is the same."""
    url = body.decode("utf-8", "surrogateescape")
    try:
        location = Location.of(url)
    except ValueError:
        return
    again = Location.of(f"{location.scheme}://{location.place}{location.path}")
    if again != location:
        raise FindingError(f"{location} is read again as {again}")
    if not location.path.isascii() or set(location.host_header) & set("@/\\?# \r\n"):
        raise FindingError(f"{location} is not plain")
    Host.public(location)


def search(body: bytes) -> None:
    """Any words are a search, with a sentence for what is wrong with them; and its own grammar
    reads back as the same search."""
    from calls.search import read_text

    text = body.decode("utf-8", "replace")
    found = read_text(text)
    again = read_text(found.text)
    if not found.problems and again.text != found.text:
        raise FindingError(f"{found.text!a} is read again as {again.text!a}")


def edge(body: bytes) -> None:
    """Raw requests at the push addresses: the first line says what is asked, the rest is sent. A
    push that is kept is processed too, and all of it is taken back."""
    from django.db import transaction

    first, _, rest = body.partition(b"\n")
    with transaction.atomic():
        status, answer = _asked(first, rest)
        _check(status, answer)
        if status == 200:
            _process()
        transaction.set_rollback(True)


def _asked(first: bytes, rest: bytes) -> tuple[int, bytes]:
    from django.test import Client

    words = first.decode("latin-1").split(" ")
    method, vendor, kind, *more = [*words, "", "", ""][: max(3, len(words))]
    headers: dict[str, Any] = {}
    for header in more:
        name, _, value = header.partition("=")
        headers["QUERY_STRING" if name == "?" else f"HTTP_{name.upper()}"] = value
    answer = Client(raise_request_exception=False).generic(
        method or "POST", "/", rest, "application/json", **headers, PATH_INFO=_path(vendor, kind)
    )
    return answer.status_code, answer.content


@functools.cache
def _tokens() -> dict[str, str]:
    """Where each vendor pushes. Made once, before anything is fuzzed."""
    from vendors import accounts

    made = {vendor: accounts.create(vendor, f"Fuzzed {vendor}") for vendor in VENDORS}
    return {
        vendor: next(iter(accounts.webhooks(account).values())).split("/")[-2]
        for vendor, account in made.items()
    }


def _path(vendor: str, kind: str) -> str:
    return f"/hooks/{vendor}/{_tokens().get(vendor, vendor)}/{kind}"


def _check(status: int, answer: bytes) -> None:
    if status >= 500:
        raise FindingError(f"expected an answer that does not blame us, got {status}")
    acknowledgements = {one.answer(Outcome.KEPT).body for one in VENDORS.values()}
    if b"success" in answer.lower() and (status != 200 or answer not in acknowledgements):
        raise FindingError(f"status {status} says success")


def _process() -> None:
    from vendors import inbox
    from vendors.models import Push, State

    inbox.process()
    found = Push.objects.exclude(state__in=(State.DONE, State.UNREADABLE)).first()
    if found is not None:
        raise FindingError(f"a push ended as {found.state}: {found.problem[:600]}")


TARGETS: dict[str, Target] = {
    **{vendor: functools.partial(adapter, vendor) for vendor in VENDORS},
    "address": address,
    "search": search,
    "edge": edge,
}
NOT_PLAIN = frozenset({"edge", "search"})  # they ask the database
NOT_PUSHES = frozenset({"address", "search"})


def make_ready(name: str) -> None:
    """What a target needs before its first input, once there is a database."""
    if name == "edge":
        _tokens.cache_clear()
        _tokens()
