"""What people write, in the one form in which it is kept and looked for."""

import re
import unicodedata

_BREAKS = re.compile(r"\r\n?")


def plain(text: str) -> str:
    """A text as databases take it, with one sort of line break."""
    kept = _BREAKS.sub("\n", text).replace("\0", "")
    return kept.encode(errors="replace").decode()


def tag_name(text: str) -> str:
    """The one form of a tag: ``VIP``, ``vip`` and ``ｖｉｐ `` are the same. Empty for what has no
    letter and no digit."""
    folded = " ".join(unicodedata.normalize("NFKC", plain(text)).split()).lower()
    shown = "".join(letter for letter in folded if letter.isprintable())
    return shown if any(letter.isalnum() for letter in shown) else ""
