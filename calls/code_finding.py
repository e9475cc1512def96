"""Looking codes up: by code, by words of either language, by vendor, by whose side it is."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from calls import codes
from calls.models import CodeMeaning, CodeNote, Side

MOST_WORDS = 8
LONGEST = 200
TEXTS = ("scheme", "zh", "en", "advice_zh", "advice_en")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """What somebody wants to know. ``words`` must all be found; the rest narrows."""

    words: str = ""
    scheme: str = ""
    vendor: str = ""
    side: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.scheme or self.vendor or self.side)

    def problems(self) -> dict[str, str]:
        """What is wrong with it, a sentence for each part that is."""
        known = {"scheme": codes.schemes(), "vendor": vendors(), "side": [str(one) for one in Side]}
        found = {
            name: _("There is no “%(value)s”; known are %(known)s.")
            % {"value": value, "known": ", ".join(known[name])}
            for name in known
            if (value := getattr(self, name)) and value not in known[name]
        }
        if len(self.words) > LONGEST or len(self.words.split()) > MOST_WORDS:
            found["q"] = _(
                "Too much to look for: at most %(words)d words of %(letters)d letters in all."
            ) % {"words": MOST_WORDS, "letters": LONGEST}
        if "\x00" in self.words:
            found["q"] = _("A NUL character stands in no code and in no word.")
        return found


def vendors() -> list[str]:
    """The vendors that have tables of their own."""
    own = (scheme for scheme in codes.schemes() if codes.is_vendors(scheme))
    return sorted({scheme.partition(".")[0] for scheme in own})


def find(lookup: Lookup) -> QuerySet[CodeMeaning]:
    """The rows that are looked for. Only a lookup without complaints can be found."""
    rows = CodeMeaning.objects.all()
    if lookup.scheme:
        rows = rows.filter(scheme=lookup.scheme)
    if lookup.vendor:
        rows = rows.filter(scheme__startswith=f"{lookup.vendor}.")
    if lookup.side:
        rows = rows.filter(side=lookup.side)
    for word in lookup.words.split():
        rows = rows.filter(_has(word))
    return rows


def _has(word: str) -> Q:
    """A row that a word fits: a whole code with its table, a code, or a part of any text."""
    scheme, _slash, code = word.strip("/").rpartition("/")
    if scheme and code:
        return Q(scheme__iexact=_plain(scheme)) & _is(code)
    fits = _is(word) | Q(code__istartswith=word) | Q(scheme__icontains=_plain(word))
    for text in TEXTS:
        fits |= Q(**{f"{text}__icontains": word})
    for noted in CodeNote.objects.filter(text__icontains=word).order_by("-at")[:50]:
        fits |= Q(scheme=noted.scheme, code=noted.code)
    return fits


def _plain(scheme: str) -> str:
    """Q.850 is written with a dot that the name of its table does without."""
    return "q850" if scheme.casefold() == "q.850" else scheme


def _is(code: str) -> Q:
    """Rows about exactly this code: its own, and ranges around it."""
    ranges = CodeMeaning.objects.exclude(code_to="")
    around = [row.pk for row in ranges if codes.in_range(row, code)]
    return Q(code__iexact=code, code_to="") | Q(pk__in=around)


def is_exact(row: CodeMeaning, lookup: Lookup) -> bool:
    """Whether a row is about a code that was written out, rather than found by a word."""
    written = [word.strip("/").rpartition("/")[2].casefold() for word in lookup.words.split()]
    return any(row.code.casefold() == code or codes.in_range(row, code) for code in written)
