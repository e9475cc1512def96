"""The simulated platform's HTTP: a server of threads that ends every connection itself (7.4)."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

HOST = "127.0.0.1"
MOST_BYTES = 1024 * 1024
HTML = "text/html;charset=UTF-8"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request as it came. Names of headers are in lower case; a repeated name keeps its last."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    sender: str


def _nothing() -> None:
    pass


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What to send, after ``delay`` seconds; a cut one sends nothing. ``then`` is called after.

    ``code`` is the result code in the content, for those who look on.
    """

    status: int
    code: str = ""
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    is_cut: bool = False
    then: Callable[[], None] = _nothing


def page(status: int) -> Answer:
    """A page as proxies and web servers show it."""
    title = f"{status} {HTTPStatus(status).phrase}"
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\r\n"
    return Answer(status=status, content=html.encode(), headers={"Content-Type": HTML})


class Server(ThreadingHTTPServer):
    """Listens on the loopback as soon as it is made; serves from ``start`` until ``stop``.

    Port 0 is any free one. Raises OSError where the port is taken.
    """

    daemon_threads = False  # so that closing waits for the requests being answered
    request_queue_size = 256

    def __init__(self, port: int, respond: Callable[[Asked], Answer]) -> None:
        super().__init__((HOST, port), _Handler)
        self.respond = respond
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests, let late answers go, and wait until all are done."""
        self.stopping.set()
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "VoiceCall"
    sys_version = ""
    timeout = 30  # seconds that a client may take to send its request, once it has connected
    server: Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        self.close_connection = True
        parts = urlsplit(self.path)
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        asked = Asked(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
            sender=str(self.client_address[0]),
        )
        answer = self.server.respond(asked)
        try:
            self._write(answer)
        except OSError:
            self.close_connection = True  # the client has left; what was done stays done
        finally:
            answer.then()

    def _write(self, answer: Answer) -> None:
        if answer.delay:
            self.server.stopping.wait(answer.delay)
        if answer.is_cut:
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: whoever runs the platform is told of every request in words of its own."""
