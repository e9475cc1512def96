"""What lies beside the database: files of exports, bills and imports, and all others.

An export is deleted: it lives for a day, and can be asked for again. A bill is written anew, since
it is compared again. An import is deleted, since it was taken in.
"""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from calls.bills import keeping as bills
from calls.bills import texts
from calls.bills.files import XLSX
from calls.export import keeping as exports
from calls.models import Bill, Export
from vendors.imports import keeping as imports
from vendors.models import Import
from vendors.spelled import Judge, replaced, replaced_bytes

# Never looked into: the database itself, what is made anew, and sound.
NOT_OURS = ("static", "recordings", "exports", "bills", "imports", "broker", "parts")
_DATABASE = re.compile(r"\.sqlite3(-wal|-shm|-journal)?$")
_LARGEST = 64 * 1024 * 1024  # of a file that is looked into
_MOST_UNPACKED = 1024**3
# A number in a cell of its own becomes a text.
_NUMERIC = re.compile(r"<c((?:(?!\st=)[^>])*)><v>(erased\*\d+)</v>")


def of_exports() -> list[Export]:
    """Every file there is: what is in a workbook is not worth looking for."""
    return list(Export.objects.exclude(name=""))


def delete_export(export: Export) -> None:
    Export.objects.filter(pk=export.pk).update(state=Export.State.EXPIRED)
    exports.clear(export)
    Export.objects.filter(pk=export.pk).update(name="")


def of_bills(judge: Judge) -> list[Bill]:
    rows = Bill.objects.exclude(name="").exclude(state=Bill.State.DELETED)
    return [bill for bill in rows if _without(bill, judge) is not None]


def rewrite_bill(bill: Bill, judge: Judge) -> None:
    content = _without(bill, judge)
    if content is not None:
        storage = storages[bills.STORAGE]
        storage.delete(bill.name)
        storage.save(bill.name, ContentFile(content))


def _without(bill: Bill, judge: Judge) -> bytes | None:
    """The file without the number; None where it has none, or is gone."""
    try:
        with bills.opened(bill) as file:
            if bill.format == XLSX:
                return _workbook_without(file.read(), judge)
            encoding = texts.encoding_of(file)
            file.seek(0)
            text = file.read().decode(encoding, "surrogateescape")
    except FileNotFoundError:
        return None
    changed = replaced(text, judge)
    return None if changed is text else changed.encode(encoding, "surrogateescape")


def _workbook_without(content: bytes, judge: Judge) -> bytes | None:
    made, is_changed = BytesIO(), False
    with zipfile.ZipFile(BytesIO(content)) as book, zipfile.ZipFile(made, "w") as new:
        for name in book.infolist():
            part = book.read(name)
            changed = replaced_bytes(part, judge)
            if changed is not part:
                is_changed = True
                changed = _NUMERIC.sub(r'<c\1 t="str"><v>\2</v>', changed.decode()).encode()
            new.writestr(name, changed, compress_type=zipfile.ZIP_DEFLATED)
    return made.getvalue() if is_changed else None


def of_imports(judge: Judge) -> list[Import]:
    """Those of which a file holds it: what was dropped, or the list of what could not be read."""
    return [one for one in Import.objects.all() if any(_holds(n, judge) for n in _names(one))]


def delete_import(one: Import) -> None:
    """Whoever waits for it hears that it was taken back."""
    waiting = {Import.State.NEW, Import.State.WAITING, Import.State.RUNNING, Import.State.READY}
    if one.state in waiting:
        Import.objects.filter(pk=one.pk).update(state=Import.State.CANCELLED)
    for name in _names(one):
        storages[imports.STORAGE].delete(name)
    Import.objects.filter(pk=one.pk).update(name="", sample=[])


def _names(one: Import) -> list[str]:
    return [name for name in (one.name, imports.problems_name(one)) if name]


def _holds(name: str, judge: Judge) -> bool:
    try:
        with storages[imports.STORAGE].open(name) as file:
            return any(replaced_bytes(part, judge) is not part for part in _parts(file.read()))
    except FileNotFoundError:
        return False


def _parts(content: bytes) -> Iterator[bytes]:
    if not content.startswith(b"PK\x03\x04"):
        yield content
        return
    left = _MOST_UNPACKED
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for member in archive.infolist():
            if member.file_size <= left:
                left -= member.file_size
                yield archive.read(member)


def others(judge: Judge) -> list[str]:
    """Files of ``DATA_DIR`` that hold the number, and that are not the portal's to change: their
    names, from there, without it."""
    root = Path(settings.DATA_DIR)
    return sorted(
        replaced(str(path.relative_to(root)), judge)
        for path in _looked_into(root)
        if replaced(path.name, judge) != path.name or _is_in(path, judge)
    )


def _looked_into(root: Path) -> Iterator[Path]:
    for top in sorted(root.iterdir()) if root.is_dir() else ():
        if top.name in NOT_OURS or _DATABASE.search(top.name):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not path.is_symlink() and not _DATABASE.search(path.name):
                yield path


def _is_in(path: Path, judge: Judge) -> bool:
    try:
        if path.stat().st_size > _LARGEST:
            return False
        content = path.read_bytes()
    except OSError:
        return False
    return replaced_bytes(content, judge) is not content
