"""Takes a file in, chooses its columns, has it imported, takes it back."""

import hashlib
import logging
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from datetime import date
from typing import IO, Any, cast

from django.core.files import File
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from calls.audit import Action, record
from calls.bills import files, texts
from calls.bills.files import UnreadableFileError
from calls.bills.mapping import signature
from vendors.imports import keeping
from vendors.imports.archives import RefusedFileError
from vendors.imports.mapping import Mapping
from vendors.models import Import, ImportColumns, VendorAccount

log = logging.getLogger("callportal.imports")

NAME_LENGTH = 200
PIECE = 1024 * 1024
LOOKED_AT = 4_096  # bytes by which lines of JSON are told from a table
State, Stage = Import.State, Import.Stage


def take(account: VendorAccount, content: "File[Any]", name: str, by: Any, **more: Any) -> Import:
    """Keep a file that somebody dropped, and have it looked through; a table waits for its columns
    first. Raises RefusedFileError."""
    file = cast("IO[bytes]", content.file)
    file_format = format_of(file, name)
    if file_format in {Import.Format.CSV, Import.Format.XLSX}:
        try:
            files.first_rows(file, file_format)
        except UnreadableFileError as error:
            raise RefusedFileError(str(error)) from error
    sha256, size = _sum(file)
    is_table = file_format in {Import.Format.CSV, Import.Format.XLSX}
    file.seek(0)
    job = Import.objects.create(
        account=account,
        user=by if by is not None and by.pk else None,
        user_name=by.get_username() if by is not None else more.pop("user_name", ""),
        file_name=name[-NAME_LENGTH:].replace("\x00", ""),
        sha256=sha256,
        size_bytes=size,
        format=file_format,
        state=State.NEW,
        language=get_language() or "en",
        **more,
    )
    try:
        keeping.keep(job, File(file))
    except BaseException:
        job.delete()
        raise
    if not is_table:  # only now: the file is there
        Import.objects.filter(pk=job.pk).update(state=State.WAITING)
        job.state = State.WAITING
    said = {"import": job.pk, "vendor": account.vendor, "bytes": size, "user": job.user_name}
    log.info("import dropped", extra=said)
    return job


def format_of(file: IO[bytes], name: str) -> str:
    """Which format a file has. A workbook is an archive too: its name tells. Raises
    RefusedFileError."""
    file.seek(0)
    head = file.read(LOOKED_AT)
    if not head:
        raise RefusedFileError(_("The file is empty."))
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        is_workbook = name.lower().endswith(".xlsx")
        return Import.Format.XLSX if is_workbook else Import.Format.ZIP
    if head.startswith(b"\x1f\x8b"):
        raise RefusedFileError(_("It is packed as GZIP. Unpack it, or pack it as ZIP."))
    if not texts.is_text(file):
        raise RefusedFileError(
            _("It is neither ZIP nor XLSX, nor text: pushes come as lines of JSON or as a table.")
        )
    is_json = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}
    return Import.Format.LINES if is_json else Import.Format.CSV


def _sum(file: IO[bytes]) -> tuple[str, int]:
    file.seek(0)
    sum_, size = hashlib.sha256(), 0
    while piece := file.read(PIECE):
        sum_.update(piece)
        size += len(piece)
    return sum_.hexdigest(), size


def choose(job: Import, chosen: Mapping, heads: Sequence[str], who: str) -> bool:
    """Have a table looked through by these columns, which are remembered for its account."""
    ImportColumns.objects.update_or_create(
        account=job.account,
        heads=signature(heads),
        defaults={"columns": chosen.kept(), "by_name": who},
    )
    resting = Import.objects.filter(pk=job.pk, state__in=[State.NEW, State.READY])
    return bool(
        resting.update(
            columns=chosen.kept(),
            state=State.WAITING,
            stage=Stage.CHECK,
            breaks=0,
            rows_done=0,
            counts={},
            first_problems=[],
            sample=[],
        )
    )


def remembered(account: VendorAccount, heads: Sequence[str]) -> ImportColumns | None:
    return ImportColumns.objects.filter(account=account, heads=signature(heads)).first()


@transaction.atomic
def confirm(job: Import, by: Any, request: HttpRequest | None = None) -> bool:
    """Have a file imported that was looked through; whether it can be now."""
    ready = Import.objects.filter(pk=job.pk, state=State.READY)
    is_confirmed = ready.update(
        state=State.WAITING,
        stage=Stage.TAKE,
        counts={},
        lines_done=0,
        rows_done=0,
        breaks=0,
        confirmed_at=timezone.now(),
    )
    if is_confirmed:
        note(job, by, request)
        log.info("import confirmed", extra={"import": job.pk, "user": job.user_name})
    return bool(is_confirmed)


def note(job: Import, by: Any, request: HttpRequest | None = None, **more: Any) -> None:
    """Write an import down in the audit."""
    details: AnyMapping[str, Any] = {
        "account": str(job.account),
        "file": job.file_name,
        "lines": job.counts,
        **more,
    }
    record(
        Action.IMPORT_STARTED, by=by, request=request, subject=f"import {job.pk}", details=details
    )


def cancel(job: Import, who: str) -> bool:
    """Take it back; whether there was still something to take back. What was put into the inbox
    stays."""
    open_ = [State.NEW, State.READY, State.WAITING, State.RUNNING]
    is_cancelled = Import.objects.filter(pk=job.pk, state__in=open_).update(
        state=State.CANCELLED, finished_at=timezone.now(), claimed_at=None
    )
    if is_cancelled:
        log.info("import cancelled", extra={"import": job.pk, "user": who})
    return bool(is_cancelled)


def from_night(account: VendorAccount, content: "File[Any]", remote: str, day: date) -> Import:
    """Take in what was fetched from the vendor. Raises RefusedFileError, or IntegrityError where it
    is here."""
    return take(
        account,
        content,
        remote.rpartition("/")[2] or remote,
        None,
        way=Import.Way.NIGHT,
        remote=remote,
        day=day,
    )
