"""What the edge reads off a request: the body with a limit, the headers, the sender's address."""

import ipaddress

from django.http import HttpRequest

CHUNK = 64 * 1024


class TooLargeError(Exception):
    """The body is larger than we take."""


def read_body(request: HttpRequest, largest: int) -> bytes:
    """The body's bytes, counted as they are read. Raises TooLargeError.

    A chunked body has no length in advance. The server marks the end of its stream then, and the
    stream is read past Django, which takes a body without a length for an empty one.
    """
    environ = request.META
    has_length = bool(environ.get("CONTENT_LENGTH"))
    stream = (
        environ["wsgi.input"]
        if not has_length and environ.get("wsgi.input_terminated")
        else request
    )
    chunks = []
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > largest:
            raise TooLargeError
        chunks.append(chunk)
    return b"".join(chunks)


def headers_of(request: HttpRequest) -> dict[str, str]:
    """The headers by lower-case name."""
    found = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in request.META.items()
        if name.startswith("HTTP_")
    }
    if content_type := request.META.get("CONTENT_TYPE"):
        found["content-type"] = str(content_type)
    return found


def client_address(request: HttpRequest, trusted_proxies: int) -> str:
    """Who sent this, counted from our own proxies' side.

    Each trusted proxy appends the address that it saw. With n of them, the n-th entry from the
    right is the sender's; entries further left are whatever the sender wrote.
    """
    seen = str(request.META.get("REMOTE_ADDR") or "")
    if trusted_proxies:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(hops) >= trusted_proxies and hops[-trusted_proxies]:
            seen = hops[-trusted_proxies]
    return _bare(seen)


def _bare(address: str) -> str:
    """The address without the port that some proxies add."""
    host = address.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
