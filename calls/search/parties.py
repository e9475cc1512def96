"""Numbers as they are searched: whole, by their beginning, by their last digits, by a middle."""

import re
from dataclasses import dataclass
from enum import Enum

import phonenumbers
from django.db.models import Q
from django.utils.translation import gettext as _

from calls import masking
from calls.models import Account
from calls.numbers import search_key
from calls.search.reading import ComplaintError

ANY = "*"
LAST_DIGITS = 4  # what a reader who sees masked numbers may search by, since it is what they see
_SEPARATORS = re.compile(r"[\s().\-\u2010-\u2015/]+")


class Match(Enum):
    WHOLE = "whole"
    BEGINS = "begins"
    ENDS = "ends"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a number is to match, and the searchable forms that it may have."""

    match: Match
    keys: tuple[str, ...]


def number_keys(number: str) -> set[str]:
    """The searchable forms of a number, whichever country an account assumes for it."""
    return {search_key(number, region) for region in regions()}


def regions() -> set[str]:
    """The countries that a number without a country code may be assumed to be of."""
    return set(Account.objects.values_list("default_region", flat=True).distinct()) | {"CN", ""}


def pattern(text: str) -> Pattern:
    """``13100001111``, ``131*``, ``*1111``, ``*5555*``. Raises ComplaintError."""
    plain = _SEPARATORS.sub("", text)
    middle = plain.strip(ANY)
    if not middle or len(middle) > 64:
        raise ComplaintError(
            _('Expected a number such as 13100001111, 131*, *1111 or *5555*; found "%(text)s".')
            % {"text": text[:60]}
        )
    if ANY in middle or not (plain.startswith(ANY) or plain.endswith(ANY)):
        # Stars inside are a vendor's mask; such a number is searched as it was sent.
        return Pattern(Match.WHOLE, tuple(sorted(number_keys(text))))
    _check_may_see(plain, middle)
    digits = middle.lstrip("+").lower()
    if plain.startswith(ANY):
        match = Match.CONTAINS if plain.endswith(ANY) else Match.ENDS
        return Pattern(match, (digits,))
    return Pattern(Match.BEGINS, tuple(sorted(_beginnings(middle, digits))))


def _check_may_see(plain: str, middle: str) -> None:
    """Whoever sees masked numbers could find the hidden digits by asking for beginnings."""
    if masking.sees_numbers():
        return
    is_last_digits = plain.startswith(ANY) and not plain.endswith(ANY)
    if not is_last_digits or len(middle) > LAST_DIGITS:
        raise ComplaintError(
            _(
                "Your numbers are masked: search by a whole number, or by its last %(count)d"
                " digits (*1111)."
            )
            % {"count": LAST_DIGITS}
        )


def _beginnings(middle: str, digits: str) -> set[str]:
    """As it stands, and as it would begin with the country code that an account assumes."""
    if middle.startswith("+"):
        return {digits}
    codes = {phonenumbers.country_code_for_region(one) for one in regions() if one} - {0}
    return {digits} | {f"{code}{digits.lstrip('0')}" for code in codes}


def keys_match(found: Pattern) -> Q:
    """The condition on rows of ``Party``."""
    if found.match is Match.WHOLE:
        return Q(key__in=found.keys)
    condition = Q()
    for key in found.keys:
        if found.match is Match.BEGINS:
            condition |= Q(key__startswith=key)
        elif found.match is Match.ENDS:
            condition |= Q(mirror__startswith=key[::-1])
        else:
            condition |= Q(key__contains=key)
    return condition
