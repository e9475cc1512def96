"""No text on a page is in one language alone: each is marked, and each has its Chinese.

The last two fail after a text was written and before ``./portal makemessages --all --no-obsolete``
and the Chinese for it: CONTRIBUTING, Texts.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CODE = sorted(
    path
    for folder in ("callportal", "calls", "vendors")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)

SPOKEN = ("title", "aria-label", "aria-description", "placeholder", "alt", "label")
VERBATIM = {"code", "kbd", "samp", "pre", "script", "style"}
# Names, and what is written alike everywhere.
ALIKE = re.compile(r"\b(callportal|CSV|XLSX|JSON|API|HTTP|ID|SHA-256|ms)\b")
# What a box would take, in both languages.
EXAMPLES = {"8103 · q850/17 · 关机 · busy"}
# Blocks of a template in which no text stands.
TEXTLESS = ("block page_class", "block class")
LETTERS = re.compile(r"[^\W\d_]")
KEY = re.compile(r"\w+: ")  # the name of a setting before what is wrong with it

# The functions that mark a text, with the place of the text among what they are given.
MARKS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "gettext_noop": 0, "pgettext": 1}
MARKS |= {"pgettext_lazy": 1, "ngettext": 0, "ngettext_lazy": 0, "npgettext": 1}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


# Templates.


class Bare(HTMLParser):
    """Collects the texts that people read in HTML, but for what they would type as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag in VERBATIM or "mono" in given.get("class", "").split():
            self._within.append(tag)
        self.found += [given[key] for key in SPOKEN if key in given]

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.found.append(data)


def unmarked(source: str) -> list[str]:
    """The texts of a template that no tag of Django's stands for."""
    kept, ends = [], ""
    for token in Lexer(source).tokenize():
        word = token.contents.partition(" ")[0]
        if ends:
            ends = "" if token.token_type == TokenType.BLOCK and word == ends else ends
        elif token.contents.startswith(("blocktranslate", "comment", *TEXTLESS)):
            ends = f"end{word}"
        elif token.token_type == TokenType.TEXT:
            kept.append(token.contents)
    bare = Bare()
    bare.feed("".join(kept))
    bare.close()
    texts = [" ".join(text.split()) for text in bare.found]
    return [text for text in texts if LETTERS.search(ALIKE.sub("", text)) and text not in EXAMPLES]


def test_what_is_unmarked_is_found() -> None:
    source = """
        {# a comment #}<p class="x{% if y %} z{% endif %}" title="Say">{% translate "Marked" %}</p>
        <p{% if y %} hidden{% endif %}>{{ n }} calls
        {% blocktranslate %}of <b>it</b>{% endblocktranslate %}
        <code>vendor:yeta</code> <input placeholder="{% translate 'Marked' %}"> callportal · 17</p>
    """

    assert unmarked(source) == ["Say", "calls"]


def test_no_template_has_a_text_of_its_own() -> None:
    found = {name(path): unmarked(path.read_text(encoding="utf-8")) for path in TEMPLATES}

    assert {path: texts for path, texts in found.items() if texts} == {}


# Code.


def said_bare(call: ast.Call) -> Iterator[str]:
    """The texts among what a call is given that people read, and that nothing marks."""
    function = ast.unparse(call.func)
    shown = [given.value for given in call.keywords if given.arg == "label"]
    if function.startswith("messages."):
        shown += call.args[1:2]
    if function == "ValidationError":
        shown += call.args[:1]
    for value in shown:
        for part in value.values if isinstance(value, ast.JoinedStr) else [value]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def texts_said_bare(path: Path) -> list[str]:
    calls = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    said = (text for call in calls for text in said_bare(call))
    return [text for text in said if LETTERS.search(text) and not KEY.fullmatch(text)]


def test_code_says_nothing_unmarked() -> None:
    found = {name(path): texts_said_bare(path) for path in CODE}

    assert {path: texts for path, texts in found.items() if texts} == {}


# The catalogue.


@dataclass
class Entry:
    """One text of a catalogue, and what it is in the other language."""

    context: str = ""
    text: str = ""
    is_fuzzy: bool = False
    translations: tuple[str, ...] = ()


def entries(catalogue: str) -> Iterator[Entry]:
    """The entries of a .po file, without its header and what is obsolete."""
    for block in catalogue.split("\n\n")[1:]:
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        fields = re.findall(r'^(msg\w+)(?:\[\d\])? ((?:".*"\s*)+)', "\n".join(lines), re.MULTILINE)
        said = [(key, "".join(map(ast.literal_eval, value.splitlines()))) for key, value in fields]
        one = dict(said)
        if one:
            yield Entry(
                context=one.get("msgctxt", ""),
                text=one["msgid"],
                is_fuzzy=bool(re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE)),
                translations=tuple(value for key, value in said if key == "msgstr"),
            )


def texts_of_code(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            place = MARKS.get(ast.unparse(node.func).rpartition(".")[2])
            given = node.args[place] if place is not None and len(node.args) > place else None
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                yield given.value


def texts_of_template(path: Path) -> Iterator[str]:
    """Django turns a template into something like Python for gettext; so read that."""
    for call in re.finditer(
        r"""\bn?p?gettext\((?P<given>(?:u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),? ?)+)""",
        templatize(path.read_text(encoding="utf-8"), origin=str(path)),
    ):
        given = ast.literal_eval(f"({call['given'].rstrip(', ')},)")
        yield given["pgettext" in call[0]]


def test_every_text_has_its_chinese() -> None:
    catalogue = list(entries(CATALOGUE.read_text(encoding="utf-8")))

    assert len(catalogue) > 500
    assert [one.text for one in catalogue if one.is_fuzzy or not all(one.translations)] == []


def test_every_marked_text_is_in_the_catalogue() -> None:
    known = {one.text for one in entries(CATALOGUE.read_text(encoding="utf-8"))}
    used = {text for path in CODE for text in texts_of_code(path)}
    used |= {text for path in TEMPLATES for text in texts_of_template(path)}

    assert sorted(used - known) == []
