"""A server of recordings for the demo, and a plan whose pushes announce what it has.

The files are tones: as long as the call for the newest robot calls, so that a dialog can be
followed, and short for all others, so that a month of recordings stays small.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from vendors.simulator.huawei_platform.sound import recording
from vendors.simulator.plan import Plan
from vendors.simulator.scenario import Delivery, as_json

NEWEST = 400  # pushes, whose recordings are as long as their calls
SHORT = 6  # seconds of all others
LONGEST = 180
_HOSTS = re.compile(rb"https://records?\.(?:nxcloud|voicepush)\.example")
_OBJECT = re.compile(rb'"recordObjectName":"([^"]+)","recordBucketName":"[^"]*"')
_SECONDS = re.compile(r"/(\d+)s/")


def announced(made: Plan, url: str) -> Plan:
    """The same plan, with recordings that the server at ``url`` has."""
    bodies: dict[bytes, bytes] = {}  # a push that is sent again has the same bytes again
    for push in reversed(made.deliveries):
        if push.body not in bodies:
            bodies[push.body] = _rewritten(push, url, is_new=len(bodies) < NEWEST)
    deliveries = tuple(replace(push, body=bodies[push.body]) for push in made.deliveries)
    return replace(made, deliveries=deliveries)


def _rewritten(push: Delivery, url: str, *, is_new: bool) -> bytes:
    if push.kind == "receiveVoice":
        return _yeta(push, is_new=is_new)
    base = f"{url}/{SHORT}s/{push.vendor}".encode()
    body = _HOSTS.sub(base, push.body)
    return _OBJECT.sub(rb'"recordFileDownloadUrl":"' + base + rb'/\1"', body)


def _yeta(push: Delivery, *, is_new: bool) -> bytes:
    voice: dict[str, Any] = json.loads(push.body)
    seconds = max(1, min(voice["duration"], LONGEST if is_new else SHORT))
    voice |= {"url": f"{seconds}s/{voice['url']}", "size": len(recording(seconds))}
    return as_json(voice)


def settings(url: str) -> Mapping[str, Mapping[str, str]]:
    """What each vendor's demo account needs to fetch from there."""
    hosts = {"recording_hosts": f"{url}+private"}
    own = {"yeta": {"recording_base_url": f"{url}/"}}
    return {
        vendor: {**hosts, **own.get(vendor, {})}
        for vendor in ("huawei", "nxcloud", "voicepush", "yeta")
    }


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = _SECONDS.search(self.path)
        if found is None:
            self.send_error(404)
            return
        sides = 1 if "-left" in self.path or "-right" in self.path else 2
        body = recording(min(int(found[1]), LONGEST), sides)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


@contextmanager
def served(port: int) -> Iterator[str]:
    """The server, at a port of the loopback. Raises OSError where the port is taken."""
    with _Server(("127.0.0.1", port), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
