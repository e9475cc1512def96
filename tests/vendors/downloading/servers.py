"""Real servers on the loopback that answer with whatever bytes a test wants, and a network that
shows them under public addresses."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpcore2

from vendors.downloading.connections import Network
from vendors.downloading.hosts import Host

PUBLIC = "93.184.216.34"
SILENCE = 5.0  # seconds after which a silent server hangs up


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it came over the wire."""

    target: str
    headers: list[tuple[str, str]]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


Answering = Callable[[Asked], Iterable[bytes]]


@dataclass
class Server:
    port: int
    asked: list[Asked] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/recordings/1.mp3?signature=secret"

    @property
    def hosts(self) -> list[Host]:
        return [Host.of(f"http://{self.place}+private")]


@contextmanager
def serving(answering: Answering, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection = listener.accept()[0]
                    threading.Thread(target=talk, args=(connection,), daemon=True).start()

        def talk(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                plain = tls.wrap_socket(connection, server_side=True) if tls else connection
                with plain:
                    _converse(plain, server, answering)

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _converse(connection: socket.socket, server: Server, answering: Answering) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        came = connection.recv(65536)
        if not came:
            return
        head += came
    first, *rest = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    pairs = [line.partition(": ") for line in rest]
    asked = Asked(target=first.split()[1], headers=[(key, value) for key, _, value in pairs])
    server.asked.append(asked)
    for piece in answering(asked):
        connection.sendall(piece)


def head(status: int = 200, **headers: str | int) -> bytes:
    """The head of an answer; ``Content_Length`` stands for Content-Length."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status} Said", *lines, "", ""]).encode()


def whole(content: bytes, **headers: str | int) -> bytes:
    return head(200, Content_Length=len(content), **headers) + content


def chunks(*pieces: bytes) -> bytes:
    """The body of a chunked answer, without its end."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


def always(*pieces: bytes) -> Answering:
    return lambda _: pieces


def silent(*pieces: bytes) -> Answering:
    """A server that says nothing more, and does not hang up while anybody waits."""

    def answer(_: Asked) -> Iterable[bytes]:
        yield from pieces
        threading.Event().wait(SILENCE)

    return answer


def stored(content: bytes, etag: str = '"v1"') -> Answering:
    """A server that knows ranges."""

    def answer(asked: Asked) -> Iterable[bytes]:
        wanted = asked.header("Range").removeprefix("bytes=").removesuffix("-")
        if not wanted or asked.header("If-Range") != etag:
            return [whole(content, ETag=etag, Content_Type="audio/mpeg")]
        start = int(wanted)
        if start >= len(content):
            return [head(416, Content_Range=f"bytes */{len(content)}", Content_Length=0)]
        told = f"bytes {start}-{len(content) - 1}/{len(content)}"
        rest = content[start:]
        return [head(206, Content_Length=len(rest), Content_Range=told, ETag=etag), rest]

    return answer


class Disguised(httpcore2.NetworkStream):
    """A stream that names ``address`` as its peer."""

    def __init__(self, stream: httpcore2.NetworkStream, address: str) -> None:
        self._stream = stream
        self._address = address

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        secure = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return Disguised(secure, self._address)

    def get_extra_info(self, info: str) -> Any:
        if info == "server_addr":
            return (self._address, 0)
        return self._stream.get_extra_info(info)


class Elsewhere(httpcore2.NetworkBackend):
    """Connects to a server of the test's, whatever the address, and remembers the addresses.

    ``peer`` is what the socket says it is connected to; by default what it was asked for.
    """

    def __init__(self, port: int, peer: str = "") -> None:
        self.connected: list[str] = []
        self._port = port
        self._peer = peer

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        self.connected.append(host)
        stream = httpcore2.SyncBackend().connect_tcp("127.0.0.1", self._port, timeout)
        return Disguised(stream, self._peer or host)


class Names:
    """A resolver that gives one list after the other, the last one for ever, and counts."""

    def __init__(self, names: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.asked: list[str] = []
        self._names = {name: list(answers) for name, answers in names.items()}

    def __call__(self, name: str, port: int) -> Sequence[str]:
        self.asked.append(name)
        answers = self._names.get(name)
        if answers is None:
            # An address, in any form that the system takes for one. No name is asked for.
            found = socket.getaddrinfo(name, port, flags=socket.AI_NUMERICHOST)
            return [str(sockaddr[0]) for *_, sockaddr in found]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def public_network(server: Server, *names: str) -> tuple[Network, Elsewhere]:
    """A network where these names are public and lead to the test's server."""
    backend = Elsewhere(server.port)
    return Network(resolve=Names({name: [[PUBLIC]] for name in names}), backend=backend), backend
