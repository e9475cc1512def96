"""A session of requests whose every request goes through the door: for sign-in by OpenID Connect,
whose library speaks requests and nothing else.

Redirects are not followed: a token's endpoint that sends us elsewhere would be told our secret
there. The environment's proxies and ``.netrc`` are not asked.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import httpx2
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from vendors.downloading.connections import Network
from vendors.downloading.hosts import Host
from vendors.downloading.transport import Guarded

MOST_BYTES = 1024 * 1024


class Session(requests.Session):
    """Reaches ``hosts`` and the open internet, https by preference of whoever asks."""

    def __init__(self, hosts: Sequence[Host] = (), *, network: Network | None = None) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["User-Agent"] = "callportal"
        self.max_redirects = 0  # the first one raises TooManyRedirects
        transport = Guarded(hosts, may_go_elsewhere=True, most_bytes=MOST_BYTES, network=network)
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(transport))


class _Adapter(HTTPAdapter):
    def __init__(self, transport: Guarded) -> None:
        super().__init__()
        self._transport = transport

    def send(
        self, request: requests.PreparedRequest, *_: object, **__: object
    ) -> requests.Response:
        asked = httpx2.Request(
            str(request.method),
            str(request.url),
            headers=[(name, str(value)) for name, value in request.headers.items()],
            content=request.body or b"",  # type: ignore[arg-type]
        )
        try:
            answer = self._transport.handle_request(asked)
            try:
                body = answer.read()
            finally:
                answer.close()
        except httpx2.TimeoutException as error:
            raise requests.Timeout(str(error), request=request) from error
        except httpx2.TransportError as error:
            raise requests.ConnectionError(str(error), request=request) from error
        headers: Mapping[str, Any] = answer.headers
        came = HTTPResponse(
            BytesIO(body), headers=headers, status=answer.status_code, preload_content=False
        )
        return self.build_response(request, came)
