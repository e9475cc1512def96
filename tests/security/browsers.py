"""What every answer tells a browser."""

from django.http import HttpResponseBase

TOLD = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "media-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def policy(response: HttpResponseBase) -> dict[str, str]:
    """What a page may load. Forms may go to a sign-in elsewhere where one is set, and no more."""
    rows = response.headers.get("Content-Security-Policy", "").split(";")
    return {row.split()[0]: " ".join(row.split()[1:]) for row in rows if row.strip()}


def lacks(response: HttpResponseBase) -> list[str]:
    """What an answer ought to say and does not."""
    missing = [name for name, value in TOLD.items() if response.headers.get(name) != value]
    if policy(response) != POLICY:
        missing.append(f"policy {response.headers.get('Content-Security-Policy')}")
    if "no-store" not in response.headers.get("Cache-Control", ""):
        missing.append("no-store")
    return missing
