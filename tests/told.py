"""What an answer, a row or a file tells, whatever it is written in: one text to look for a number
in, with every escape undone, digits plain, and nothing between them."""

import html
import json
import re
import unicodedata
import zipfile
from io import BytesIO
from typing import Any
from urllib.parse import unquote

_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_BETWEEN = re.compile(r"[\s().+/\-\u200b-\u200f\u2010-\u2015\u2060\ufeff]")
_SPOKEN = str.maketrans("〇零一二三四五六七八九幺", "001234567891")


def as_told(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        value = unpacked(bytes(value)).decode("utf-8", "replace")
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    text = _ESCAPE.sub(lambda one: chr(int(one[1], 16)), text)
    text = unicodedata.normalize("NFKC", unquote(html.unescape(text)))
    return _BETWEEN.sub("", text.translate(_SPOKEN))


def unpacked(content: bytes) -> bytes:
    """A workbook or an archive as what is in it."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())
