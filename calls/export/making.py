"""Makes the file of an export: exactly the calls of its search, as of one moment."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files import File
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls import columns, masking, search
from calls.columns import Column, Kind
from calls.export import as_csv, as_xlsx
from calls.export.rows import Chunk, chunks
from calls.export.sheet import Sheet
from calls.models import Export
from calls.snapshot import one_moment

_WRITERS: dict[str, Callable[[Sheet], Iterator[bytes]]] = {
    Export.Format.CSV: as_csv.pieces,
    Export.Format.XLSX: as_xlsx.pieces,
}
TYPES: dict[str, str] = {
    Export.Format.CSV: "text/csv; charset=utf-8",
    Export.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

# Told how many calls there are and how many of them are written; raises to stop.
Tell = Callable[[int, int], object]


class NotUnderstoodError(Exception):
    """The search that was kept with an export is none (any more); the sentence says why."""


def nothing(_total: int, _done: int) -> None:
    """For whoever waits anyway."""


def file_name(export: Export) -> str:
    """What the file is called where it is taken to; it names nobody."""
    asked = timezone.localtime(export.asked_at, ZoneInfo(export.zone))
    return f"calls-{asked:%Y%m%d-%H%M%S}.{export.format}"


class Made(File):  # type: ignore[type-arg]  # Django's is generic for its stubs alone
    """A file that is made while it is read, for a storage to save: it is read once."""

    def __init__(self, pieces: Iterator[bytes], name: str) -> None:
        super().__init__(None, name)
        self._pieces = pieces

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield from self._pieces


def pieces(export: Export, tell: Tell = nothing) -> Generator[bytes]:
    """The file of an export, piece by piece. Raises NotUnderstoodError.

    ``export.rows_total`` and ``export.rows_done`` are kept up to date as it goes on. Language and
    zone are those of whoever asked. They are in force while a piece is made and not in between,
    when others may use the thread.
    """
    with closing(_pieces(export, tell)) as made:
        while True:
            with translation.override(export.language), timezone.override(export.zone):
                piece = next(made, None)
            if piece is None:
                return
            yield piece


def _pieces(export: Export, tell: Tell) -> Generator[bytes]:
    found = search.read_text(export.search)
    if found.problems:
        raise NotUnderstoodError(" ".join(one.text for one in found.problems))
    chosen = columns.chosen(export.columns).columns
    with one_moment():
        export.rows_total, export.rows_done = found.unordered().count(), 0
        tell(export.rows_total, 0)
        zone = ZoneInfo(export.zone)
        with closing(chunks(found.rows(), chosen, zone, is_masked=export.is_masked)) as cells:
            sheet = Sheet(
                title=_("Calls"),
                heads=[_head(column) for column in chosen],
                kinds=[column.kind for column in chosen],
                chunks=_counted(export, cells, tell),
                about_title=_("About this file"),
                about=lambda: _about(export),
            )
            yield from _WRITERS[export.format](sheet)


def _counted(export: Export, cells: Iterator[Chunk], tell: Tell) -> Iterator[Chunk]:
    for chunk in cells:
        yield chunk
        export.rows_done += len(chunk[0])
        tell(export.rows_total or 0, export.rows_done)


def _head(column: Column) -> str:
    if column.kind is Kind.SECONDS:
        return _("%(column)s (seconds)") % {"column": column.label}
    return str(column.label)


def _about(export: Export) -> list[tuple[str, str]]:
    """What the file is about: a name and a value each."""
    shown = masking.hidden_in(export.search) if export.is_masked else export.search
    made = timezone.localtime()
    return [
        (_("Filter"), shown or _("None: all calls")),
        (_("Calls"), str(export.rows_done)),
        (_("Exported by"), export.user_name),
        (_("Made"), f"{made:%Y-%m-%d %H:%M:%S}"),
        (_("Time zone"), export.zone),
        (_("Numbers"), _("Masked") if export.is_masked else _("Whole")),
        (_("From"), settings.PUBLIC_URL),
    ]
