"""Checks of what people type into an account. Each raises ValueError with a sentence."""

import re
from urllib.parse import urlsplit

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"


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


def own_numbers(text: str) -> None:
    """Numbers that are displayed, as the vendor lists them, separated by commas."""
    for number in text.split(","):
        if not re.fullmatch(r"\+[0-9]{3,30}", number.strip()):
            raise ValueError(
                "expected numbers such as +8675528000002, separated by commas, "
                f'got "{number.strip()}"'
            )


def positive_number(text: str) -> None:
    if not re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]{1,6})?", text) or not 0 < float(text) <= 1000:
        raise ValueError(f'expected a number above 0, at most 1000, got "{text}"')


def whole_number(text: str) -> None:
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < 1:
        raise ValueError(f'expected a whole number, 1 or more, got "{text}"')


def whole_minutes(text: str) -> None:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= 1440:
        raise ValueError(f'expected whole minutes from 1 to 1440, got "{text}"')


def hours_of_day(text: str) -> None:
    """Two different times of day, the second of which may be the next day's."""
    begin, _, end = text.partition("-")
    if not re.fullmatch(f"{_CLOCK}-{_CLOCK}", text) or begin == end:
        raise ValueError(f'expected two different times such as 21:00-09:00, got "{text}"')
