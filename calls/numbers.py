"""Phone numbers: one form to search by, and a masked form to show where a full one may not go.

Vendors send ``13100001111``, ``+8613100001111``, ``86 131-0000-1111``, ``85235757584``,
``055196866001`` and masked ``+86138****0021``. All are kept as sent; ``search_key`` makes the
variants of one number equal and never fails.
"""

import re
from functools import lru_cache

import phonenumbers

MASK = "*"
_CHINESE_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
_SEPARATORS = re.compile(r"[\s().\-\u2010-\u2015/]+")


@lru_cache(maxsize=65_536)
def search_key(number: str, region: str = "CN") -> str:
    """The form that makes spellings of one number equal: country code and digits, no plus sign.

    ``region`` is the country to assume for a number without a country code. What no numbering plan
    knows keeps its digits; a masked number keeps one star for each run of them, since vendors
    vary the count.
    """
    plain = _SEPARATORS.sub("", number)
    if not plain:
        return ""
    if MASK in plain:
        return re.sub(r"\*+", MASK, plain).lstrip("+").lower()[:64]
    if region == "CN" and (mobile := _CHINESE_MOBILE.fullmatch(plain)):
        return "86" + mobile[1]
    for spelling in (plain, "+" + plain.lstrip("+")):
        if (key := _international(spelling, region)) is not None:
            return key
    return plain.lstrip("+").lower()[:64]


def _international(spelling: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(spelling, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+")


def masked(number: str) -> str:
    """The last four characters and stars before them: what may stand in a log."""
    return MASK * 4 + number[-4:] if len(number) > 4 else MASK * 4
