"""A file over HTTP, whole or a range of it, in constant memory.

Each answer is written by a thread of the web server, which waits for as long as its reader does:
a paused player would hold one for hours. So an open range is cut (readers ask for the rest when
they want it), and of long answers only so many are given at a time.
"""

import re
from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import IO

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

PIECE = 64 * 1024
LONG = 1024 * 1024  # browsers read as much ahead, so that even a paused one frees the thread

_RANGE = re.compile(r"bytes=([0-9]{0,99})-([0-9]{0,99})", re.IGNORECASE)
_long_answers = BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


class OutsideError(Exception):
    """No byte of the file is in the range that was asked for."""


class BusyError(Exception):
    """As many long answers are being given as may be; try again soon."""


def asked(request: HttpRequest, size: int, *, cut: bool = False) -> range | None:
    """The bytes asked for, None for all. ``cut`` shortens an open range. Raises OutsideError.

    Several ranges, and anything that is no range, ask for all. So does a range under a condition:
    we name no validators that it could be about.
    """
    headers = request.headers
    match = _RANGE.fullmatch(headers.get("Range", "").strip())
    if request.method != "GET" or "If-Range" in headers or match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start = int(first)
        open_end = start + LONG if cut else size
        end = min(size, int(last) + 1 if last else open_end)
        if last and int(last) < start:
            return None
    if start >= size:
        raise OutsideError
    return range(start, end)


def answer(
    request: HttpRequest, file: IO[bytes], size: int, part: range | None
) -> HttpResponseBase:
    """All of an open file or a part of it, which is closed in the end. Raises BusyError."""
    span = range(size) if part is None else part
    response: HttpResponseBase
    if request.method == "HEAD":
        file.close()
        response = HttpResponse()
    else:
        response = StreamingHttpResponse(Pieces(file, span))
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    response["Content-Length"] = str(len(span))
    response["Accept-Ranges"] = "bytes"
    return response


def outside(size: int) -> HttpResponse:
    return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})


class Pieces(Iterator[bytes]):
    """A span of a file, piece by piece. Whoever asks for it must close it, read or not."""

    def __init__(self, file: IO[bytes], span: range) -> None:
        file.seek(span.start)
        self._is_long = len(span) > LONG
        if self._is_long and not _long_answers.acquire(blocking=False):
            file.close()
            raise BusyError
        self._file = file
        self._left = len(span)
        self._is_open = True

    def __next__(self) -> bytes:
        piece = self._file.read(min(PIECE, self._left)) if self._left else b""
        if not piece:
            raise StopIteration
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._file.close()
            if self._is_long:
                _long_answers.release()
