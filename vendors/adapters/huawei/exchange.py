"""One request on a connection of its own, and whatever came of it.

The transport is called directly: ``httpx2.Client`` would log addresses, follow what it is told to,
keep cookies and ask the environment for proxies. Whether a certificate is checked is the
transport's business.

What counts is whether a byte of the request was written. A transport that opens connections tells
by httpx2's ``trace`` extension, and ``before_write`` is called from there. One that does not (such
as ``MockTransport``) never calls it; then the sort of the error decides.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2

from vendors.adapters.outbound import Fault, NoAnswerError, NotSentError

MOST_BYTES = 64 * 1024
MOST_DETAIL = 300  # characters of a library's sentence
MOST_RAW = 8000  # characters of an answer that are kept
_CONNECTED = {"connection.connect_tcp.complete", "connection.start_tls.complete"}
_WRITING = (".send_connection_init.started", ".send_request_headers.started")
_NEVER_WRITTEN = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.LocalProtocolError,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """Seconds for each step. ``whole`` is for everything after the first byte was written: it ends
    an answer that trickles. ``closing`` is for the platform to close the connection."""

    connect: float = 5.0
    write: float = 15.0
    read: float = 15.0
    whole: float = 30.0
    closing: float = 1.0


@dataclass(kw_only=True, slots=True)
class Came:
    """An HTTP answer, or as much of it as came. ``status`` is None before its head did."""

    status: int | None = None
    headers: httpx2.Headers = field(default_factory=httpx2.Headers)
    body: bytearray = field(default_factory=bytearray)

    @property
    def raw(self) -> str:
        """The body as text that every database stores."""
        return self.body.decode("utf-8", "replace").replace("\x00", "\ufffd")[:MOST_RAW]


def exchange(
    request: httpx2.Request,
    *,
    transport: httpx2.BaseTransport,
    before_write: Callable[[], None],
    patience: Patience,
) -> Came:
    """Send a request and read its answer, whatever it says. Raises NotSentError or NoAnswerError,
    or what ``before_write`` raised; nothing is written then."""
    watch = _Watch(before_write, patience.whole)
    came = Came()
    request.extensions = {
        "trace": watch,
        "timeout": {
            "connect": patience.connect,
            "pool": patience.connect,
            "write": patience.write,
            "read": patience.read,
        },
    }
    try:
        _converse(request, transport, came, patience.closing)
    except Exception as error:
        failure = watch.refusal or watch.failure(error, came)
        if failure is error:
            raise
        raise failure from error
    finally:
        watch.end()
    return came


def _converse(
    request: httpx2.Request, transport: httpx2.BaseTransport, came: Came, closing: float
) -> None:
    response = transport.handle_request(request)
    try:
        came.status, came.headers = response.status_code, response.headers
        # Response.iter_raw would close the connection as soon as the body ends. It would also
        # be the only one to unpack a body; we ask for plain ones.
        for chunk in cast(httpx2.SyncByteStream, response.stream):
            came.body += chunk
            if len(came.body) > MOST_BYTES:
                del came.body[MOST_BYTES:]
                return
        _wait_for_the_end(response, closing)
    finally:
        with suppress(Exception):  # what was read counts, however the connection ends
            response.close()


def _wait_for_the_end(response: httpx2.Response, seconds: float) -> None:
    """Let the platform close first (7.4): a port of ours that closed first stays taken."""
    stream = response.extensions.get("network_stream")
    if stream is not None:
        with suppress(Exception):  # the answer is complete and outlives its connection
            stream.read(1, timeout=seconds)


class _Watch:
    """Follows a request through its steps, by the names that httpcore2 gives them."""

    def __init__(self, before_write: Callable[[], None], seconds: float) -> None:
        self.refusal: BaseException | None = None
        self._before_write = before_write
        self._is_traced = False
        self._is_written = False
        self._is_overdue = False
        self._stream: Any = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __call__(self, step: str, told: Mapping[str, Any]) -> None:
        self._is_traced = True
        if step in _CONNECTED:
            self._stream = told["return_value"]
        elif step.endswith(_WRITING) and not self._is_written:
            self._ask()

    def _ask(self) -> None:
        try:
            self._before_write()
        except BaseException as error:
            self.refusal = error
            raise
        self._timer.start()
        self._is_written = True

    def _cut(self) -> None:
        """End the connection under a reader that each further byte would let wait again."""
        self._is_overdue = True
        connection = self._stream.get_extra_info("socket") if self._stream else None
        if connection is not None:
            with suppress(OSError):
                # Not SSLSocket's own, which takes TLS away from under the thread that reads.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def end(self) -> None:
        self._timer.cancel()

    def failure(self, error: Exception, came: Came) -> Exception:
        """What an error of the transport means to whoever asked."""
        detail = (str(error) or type(error).__name__)[:MOST_DETAIL]
        if self._is_written or came.status is not None:
            return self._no_answer(error, detail, came)
        if self._is_traced or isinstance(error, _NEVER_WRITTEN):
            return NotSentError(_reason(error), detail)
        if isinstance(error, httpx2.HTTPError):
            return self._no_answer(error, detail, came)
        return error

    def _no_answer(self, error: Exception, detail: str, came: Came) -> NoAnswerError:
        is_late = self._is_overdue or isinstance(error, httpx2.TimeoutException)
        fault = Fault.TIMED_OUT if is_late else Fault.CUT
        return NoAnswerError(fault, detail, http_status=came.status, raw=came.raw)


def _reason(error: Exception) -> Fault:
    """Why nothing was written. The socket's own error stands behind the library's."""
    causes = list(_behind(error))
    if any(isinstance(one, ssl.SSLError) for one in causes):
        return Fault.NO_TLS
    # ValueError: a host name that cannot be one, such as "a..b".
    if any(isinstance(one, (socket.gaierror, ValueError)) for one in causes):
        return Fault.NO_ADDRESS
    if isinstance(error, httpx2.TimeoutException):
        return Fault.CONNECT_TIMED_OUT
    return Fault.NOT_CONNECTED


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
