"""Makes the big files that were asked for, one after the other, in a process of its own."""

import errno
import logging
import time
from collections.abc import Callable
from contextlib import closing

from django.core.files.storage import storages
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls import masking
from calls.export import keeping, making
from calls.jobs.claiming import claim
from calls.jobs.pulse import Pulse, StoppedError
from calls.models import Export

log = logging.getLogger("callportal.exports")


def work(is_over: Callable[[], bool]) -> None:
    """Make what waits until nothing does, or until it is over."""
    while not is_over() and (export := claim(Export)) is not None:
        pulse = Pulse(export, is_over)
        with pulse.beating():
            make(export, pulse)


def make(export: Export, pulse: Pulse) -> None:
    """Make the file of a claimed export, and write down what came of it."""
    began = time.monotonic()
    try:
        with translation.override(export.language):
            name = _save(export, pulse)
    except StoppedError:
        log.info("export stopped", extra={"export": export.pk, "rows": export.rows_done})
        _clear_if_cancelled(export)
    except making.NotUnderstoodError as error:
        _fail(pulse, str(error))
    except OSError as error:
        log.exception("export could not be kept", extra={"export": export.pk})
        with translation.override(export.language):
            _fail(pulse, _sentence(error))
    except Exception as error:
        log.exception("export failed", extra={"export": export.pk})
        _fail(pulse, f"{type(error).__name__}: {error}"[:500])
    else:
        _finish(export, pulse, name, began)


def _save(export: Export, pulse: Pulse) -> str:
    """Write the file where exports are kept: whole, or not at all. Its name there."""
    keeping.clear(export)  # of a process that died
    _mask_if_needed(export)
    with closing(making.pieces(export, pulse.tell)) as pieces:
        name = f"{keeping.folder_of(export)}/{making.file_name(export)}"
        return str(storages[keeping.STORAGE].save(name, making.Made(pieces, name)))


def _mask_if_needed(export: Export) -> None:
    """Whoever may no longer see whole numbers gets none, whatever held when the file was asked
    for."""
    with masking.eyes(export.user):
        export.is_masked = export.is_masked or not masking.sees_numbers()


def _finish(export: Export, pulse: Pulse, name: str, began: float) -> None:
    now = timezone.now()
    is_ours = pulse.settle(
        state=Export.State.DONE,
        name=name,
        size_bytes=storages[keeping.STORAGE].size(name),
        is_masked=export.is_masked,
        rows_total=export.rows_done,
        rows_done=export.rows_done,
        claimed_at=None,
        finished_at=now,
        expires_at=now + keeping.KEPT_FOR,
    )
    if not is_ours:  # cancelled in the last moment
        storages[keeping.STORAGE].delete(name)
        _clear_if_cancelled(export)
        return
    log.info(
        "export made",
        extra={
            "export": export.pk,
            "user": export.user_name,
            "rows": export.rows_done,
            "ms": round((time.monotonic() - began) * 1000),
        },
    )


def _clear_if_cancelled(export: Export) -> None:
    """Leave nothing behind; what another process took over is that one's."""
    cancelled = Export.objects.filter(pk=export.pk, state=Export.State.CANCELLED)
    if cancelled.update(claimed_at=None):
        keeping.clear(export)


def _fail(pulse: Pulse, problem: str) -> None:
    pulse.settle(
        state=Export.State.FAILED, problem=problem, claimed_at=None, finished_at=timezone.now()
    )


def _sentence(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _("There is no room left on the disk where exports are kept. An operator must look.")
    return _("Our own storage failed: %(why)s") % {"why": error.strerror or error}
