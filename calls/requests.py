"""Who sent a request."""

import ipaddress

from django.http import HttpRequest


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
