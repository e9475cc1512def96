"""Takes a bill in, remembers how its columns were mapped, and has it compared."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from calls.bills import files, keeping
from calls.bills.mapping import Mapping, signature
from calls.models import Account, Bill, BillColumns

log = logging.getLogger("callportal.bills")

SEE, ADD, DELETE = "calls.view_bill", "calls.add_bill", "calls.delete_bill"
NAME_LENGTH = 200


class LimitedUpload(FileUploadHandler):
    """Stops reading a file that is too large, as it comes. It keeps nothing: others do."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.is_too_large = False
        self._read = 0
        self._announced = int(request.META.get("CONTENT_LENGTH") or 0)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._read += len(raw_data)
        if self._read > keeping.LARGEST:
            self.is_too_large = True
            # The rest is read and thrown away, so that a browser hears the answer; unless it is
            # very much.
            raise StopUpload(connection_reset=self._announced > 2 * keeping.LARGEST)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def take(user: Any, content: "UploadedFile[Any]", whose: Account | str) -> Bill:
    """Keep a file that somebody dropped. ``whose`` is an account, or a vendor by its key. Raises
    ``files.UnreadableFileError``."""
    file_format = files.format_of(content.file)  # type: ignore[arg-type]  # opened for bytes
    files.first_rows(content.file, file_format)  # type: ignore[arg-type]
    content.seek(0)
    account = whose if isinstance(whose, Account) else None
    bill = Bill.objects.create(
        account=account,
        vendor=account.vendor if account else str(whose),
        user=user,
        user_name=user.get_username(),
        file_name=(content.name or "")[-NAME_LENGTH:],
        format=file_format,
        size_bytes=content.size or 0,
        language=get_language() or "en",
    )
    try:
        keeping.keep(bill, content)
    except BaseException:
        bill.delete()
        raise
    said = {"bill": bill.pk, "user": bill.user_name, "vendor": bill.vendor}
    log.info("bill dropped", extra=said | {"bytes": bill.size_bytes})
    return bill


def start(
    bill: Bill,
    chosen: Mapping,
    between: tuple[datetime, datetime] | None,
    tolerance: int,
    slack: int,
) -> bool:
    """Have a bill compared by these columns; whether it can be now."""
    values: dict[str, Any] = {
        "columns": chosen.kept(),
        "begins_at": between[0] if between else None,
        "ends_at": between[1] if between else None,
        "tolerance_seconds": tolerance,
        "slack_seconds": slack,
    }
    return _queue(bill, values)


def again(bill: Bill, tolerance: int, slack: int) -> bool:
    """Compare it once more, with another tolerance; whether it can be now."""
    return _queue(bill, {"tolerance_seconds": tolerance, "slack_seconds": slack})


def _queue(bill: Bill, values: dict[str, Any]) -> bool:
    resting = Bill.objects.filter(pk=bill.pk, claimed_at=None).exclude(
        state__in=[Bill.State.WAITING, Bill.State.RUNNING, Bill.State.DELETED]
    )
    is_queued = resting.update(
        **values,
        state=Bill.State.WAITING,
        stage="",
        problem="",
        attempts=0,
        rows_total=None,
        rows_done=0,
        finished_at=None,
        sums=[],
        language=get_language() or "en",
    )
    if is_queued:
        log.info("bill asked", extra={"bill": bill.pk, "user": bill.user_name})
    return bool(is_queued)


def cancel(bill: Bill) -> bool:
    """Take it back; whether there was still something to take back. Whoever compares it notices
    within a second or two, or after the statement that is running."""
    moving = Bill.objects.filter(pk=bill.pk, state__in=[Bill.State.WAITING, Bill.State.RUNNING])
    is_cancelled = moving.update(state=Bill.State.CANCELLED, finished_at=timezone.now())
    if is_cancelled:
        log.info("bill cancelled", extra={"bill": bill.pk, "user": bill.user_name})
    return bool(is_cancelled)


def delete(bill: Bill, who: str) -> None:
    """Have a bill done away with: its rows may be many, so the courier does it."""
    Bill.objects.filter(pk=bill.pk).update(state=Bill.State.DELETED, finished_at=timezone.now())
    log.info("bill deleted", extra={"bill": bill.pk, "user": who})


def remember(bill: Bill, heads: Sequence[str], chosen: Mapping, who: str) -> None:
    """Keep which columns say what in bills of this account with these heads."""
    BillColumns.objects.update_or_create(
        account=bill.account,
        vendor=bill.vendor,
        heads=signature(heads),
        defaults={"columns": chosen.kept(), "by_name": who},
    )


def remembered(bill: Bill, heads: Sequence[str]) -> BillColumns | None:
    return BillColumns.objects.filter(
        account=bill.account, vendor=bill.vendor, heads=signature(heads)
    ).first()
