"""A recording from a vendor's server into a file, whatever that server answers.

No cookies, no credentials, no referer. Redirects are followed here, because each target is checked
like the first one; the request is made from the parts that ``locations`` found.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from os import SEEK_END
from typing import BinaryIO

import httpcore2

from vendors.downloading import door
from vendors.downloading.answers import REDIRECTS, Answer, Body, NotTheSameError, Wish, body_of
from vendors.downloading.connections import Network
from vendors.downloading.door import FAILURES, Patience
from vendors.downloading.errors import (
    BrokenOffError,
    DownloadError,
    ForbiddenAddressError,
    TooLargeError,
    TryLaterError,
    WrongAnswerError,
)
from vendors.downloading.hosts import Host, covers, word_for
from vendors.downloading.locations import Location

MOST_BYTES = 200 * 1024 * 1024
MOST_REDIRECTS = 5
PATIENCE = Patience()


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A whole recording. ``content_type`` is empty where the server did not say (also where a
    resume found that nothing was missing), ``final_host`` is ``host:port`` after redirects."""

    total_bytes: int
    content_type: str
    validator: str
    final_host: str


def download(
    url: str,
    *,
    hosts: Sequence[Host],
    file: BinaryIO,
    offset: int = 0,
    validator: str = "",
    most_bytes: int = MOST_BYTES,
    patience: Patience = PATIENCE,
    network: Network | None = None,
) -> Fetched:
    """Write a recording to a buffered binary file, opened for writing or appending.

    To resume, pass ``offset`` (the file's first bytes, which are there already) and the
    ``validator`` of the answer that they came with. Without a validator, if the file holds less, or
    if the recording has changed since, the file is cut to nothing and written anew. The file is
    touched only when an answer is accepted. A server that gives no length and closes the connection
    early cannot be told from one that was finished.

    Raises a DownloadError, or whatever writing to the file raises.
    """
    visit = _Visit(
        first=_read(url, "Address of the recording"),
        hosts=hosts,
        file=file,
        most_bytes=most_bytes,
        patience=patience,
        network=network or Network(),
        deadline=time.monotonic() + patience.whole,
    )
    held = file.seek(0, SEEK_END) if offset else 0
    try:
        return visit.ask(Wish.of(offset if offset <= held else 0, validator))
    except NotTheSameError:
        return visit.ask(Wish())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Visit:
    first: Location
    hosts: Sequence[Host]
    file: BinaryIO
    most_bytes: int
    patience: Patience
    network: Network = field(repr=False)
    deadline: float

    def ask(self, wish: Wish) -> Fetched:
        """Follow the redirects and keep what is at their end. Raises NotTheSameError too."""
        location = self.first
        for _ in range(MOST_REDIRECTS + 1):
            with self._open(location, wish) as answer:
                if answer.status not in REDIRECTS:
                    return self._keep(answer, wish)
                link = answer.header("Location")
                if not link:
                    raise answer.wrong("a Location with a redirect", "none")
            location = _read(link, f"{location.place}: the address it redirects to", location)
        raise WrongAnswerError(
            f"{self.first.place}: expected at most {MOST_REDIRECTS} redirects, got more."
        )

    @contextmanager
    def _open(self, location: Location, wish: Wish) -> Iterator[Answer]:
        host = covers(self.hosts, location)
        if host is None:
            raise _not_listed(location)
        headers: dict[bytes | str, bytes | str] = {
            "User-Agent": "callportal",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
        }
        if wish.offset:
            headers |= {"Range": f"bytes={wish.offset}-", "If-Range": wish.validator}
        try:
            opened = door.ask(
                "GET",
                location,
                host,
                headers,
                patience=self.patience,
                network=self.network,
                deadline=self.deadline,
            )
        except ForbiddenAddressError as error:
            raise _with_advice(error) from None
        except FAILURES as error:
            # h11 quotes the line that it could not read, and whatever is secret in it.
            raise _no_answer(location, error) from None
        with closing(opened):
            yield Answer(
                location=location,
                status=opened.response.status,
                headers=opened.response.headers,
                chunks=opened.response.iter_stream(),
            )

    def _keep(self, answer: Answer, wish: Wish) -> Fetched:
        body = body_of(answer, wish)
        if max(body.total or 0, body.end or 0) > self.most_bytes:
            raise TooLargeError(answer.place, self.most_bytes)
        self.file.seek(body.start)
        self.file.truncate()
        arrived = body.start if body.start == body.end else self._write(answer, body)
        if arrived < (body.total or body.end or 0):
            raise _broken_off(answer, body, arrived, "the end")
        return Fetched(
            total_bytes=arrived,
            content_type=body.content_type,
            validator=body.validator,
            final_host=answer.place,
        )

    def _write(self, answer: Answer, body: Body) -> int:
        """Write what comes; how many bytes the file holds then."""
        arrived = body.start
        try:
            for chunk in answer.chunks:
                if arrived + len(chunk) > self.most_bytes:
                    raise TooLargeError(answer.place, self.most_bytes)
                if body.end is not None and arrived + len(chunk) > body.end:
                    raise answer.wrong(f"{body.end} bytes", "more")
                self.file.write(chunk)
                arrived += len(chunk)
        except FAILURES as error:
            raise _broken_off(answer, body, arrived, _reason(error)) from None
        return arrived


def _read(url: str, what: str, here: Location | None = None) -> Location:
    try:
        return here.follow(url) if here else Location.of(url)
    except ValueError as error:
        raise ForbiddenAddressError(f"{what}: {error}.") from error


def _with_advice(error: ForbiddenAddressError) -> ForbiddenAddressError:
    """What an administrator may do about it."""
    advice = (
        f'If it is a server of yours, add "{error.add}" to the recording hosts.'
        if error.add
        else "No recording host may be there."
    )
    return ForbiddenAddressError(f"{error} {advice}", place=error.place, add=error.add)


def _not_listed(location: Location) -> ForbiddenAddressError:
    add = word_for(location)
    return ForbiddenAddressError(
        f"{location.place}: expected one of the recording hosts, got another. If recordings may"
        f' come from there, add "{add}" to them.',
        place=location.place,
        add=add,
    )


def _no_answer(location: Location, error: Exception) -> DownloadError:
    """No head of an answer. What h11 could not read stands behind the error; a server that just
    closed the connection has nothing behind it."""
    if isinstance(error, httpcore2.RemoteProtocolError) and error.__cause__ is not None:
        return WrongAnswerError(f"{location.place}: expected an HTTP answer, got something else.")
    return TryLaterError(f"{location.place}: expected an answer, got {_reason(error)}.")


def _broken_off(answer: Answer, body: Body, arrived: int, reason: str) -> BrokenOffError:
    expected = "all bytes" if body.total is None else f"{body.total} bytes"
    return BrokenOffError(
        f"{answer.place}: expected {expected}, got {arrived} and then {reason}.",
        bytes_so_far=arrived,
        validator=body.validator,
    )


def _reason(error: Exception) -> str:
    """What happened to the connection, in the system's words where it has some."""
    if isinstance(error, httpcore2.RemoteProtocolError):
        return "an early end"
    return (str(error) or type(error).__name__)[:160]
