"""Checks of what people type into an account. Each raises ValueError with a sentence."""

from urllib.parse import urlsplit


def absolute_url(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f'expected an address such as https://example.com, got "{text}"')


def hours_from_utc(text: str) -> None:
    try:
        hours = float(text)
    except ValueError:
        hours = 99.0
    if not -12 <= hours <= 14:
        raise ValueError(f'expected hours from -12 to 14, got "{text}"')
