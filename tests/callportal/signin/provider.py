"""A small provider of OpenID Connect, over HTTP.

It signs with a key of its own, checks PKCE and the client's secret, and lies where a test says so.
"""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "portal", "a secret between the two of us, long enough"


@cache
def key_pair(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """``claims`` are said of whoever comes; ``lies`` replace what is told."""

    url: str
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1"})
    lies: dict[str, Any] = field(default_factory=dict)
    signer: str = "own"
    algorithm: str = "RS256"
    asked: list[str] = field(default_factory=list)
    posted: dict[str, str] = field(default_factory=dict)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def consent(self, address: str) -> dict[str, str]:
        """What a person's browser brings back, once they have signed in at the provider."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str, body: str) -> tuple[int, Any]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            own = {name: f"{self.url}/{name}" for name in ("authorize", "token", "keys")}
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": own["authorize"],
                "token_endpoint": own["token"],
                "jwks_uri": own["keys"],
                "userinfo_endpoint": f"{self.url}/userinfo",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            } | self.lies.get("config", {})
        if path == "/keys":
            public = json.loads(RSAAlgorithm.to_jwk(key_pair("own").public_key()))
            return 200, {"keys": [public | {"kid": "one", "alg": "RS256", "use": "sig"}]}
        if path == "/token":
            return self._token({name: values[0] for name, values in parse_qs(body).items()})
        return 404, {}

    def _token(self, posted: dict[str, str]) -> tuple[int, Any]:
        self.posted = posted
        asked = self._codes.pop(posted["code"], None)
        challenge = hashlib.sha256(posted.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or posted["client_secret"] != SECRET
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
            **self.lies.get("token", {}),
        }
        secret: Any = SECRET if self.algorithm == "HS256" else key_pair(self.signer)
        secret = None if self.algorithm == "none" else secret
        token = jwt.encode(said, secret, algorithm=self.algorithm, headers={"kid": "one"})
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}


@contextmanager
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            status, said = known.answer(self.path, self.rfile.read(length).decode())
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
