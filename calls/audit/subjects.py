"""Where that stands which an entry is about: other apps say for their own things."""

from django.urls import NoReverseMatch, reverse

_pages: dict[str, str] = {
    "call": "call",
    "bill": "bill",
    "user": "admin:auth_user_change",
}


def lead(pages: dict[str, str]) -> None:
    """Have subjects that begin with a word lead to a page that takes their id."""
    _pages.update(pages)


def address_of(subject: str, *, opens_admin: bool) -> str:
    """Where a subject leads; empty where to nowhere, or into an admin that is not open."""
    word, _blank, key = subject.rpartition(" ")
    page = _pages.get(word, "")
    if not page or not key.isdecimal() or (page.startswith("admin:") and not opens_admin):
        return ""
    try:
        return reverse(page, args=[int(key)])
    except NoReverseMatch:
        return ""
