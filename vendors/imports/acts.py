"""Dropping a file, having it imported, taking it back, asking a vendor now."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from calls.bills.asking import LimitedUpload
from calls.permissions import READ_CALLS
from vendors.imports import asking, keeping, night, pages
from vendors.imports.archives import RefusedFileError
from vendors.models import Import, VendorAccount
from vendors.permissions import IMPORT, SEE_IMPORTS

ADDING = [READ_CALLS, SEE_IMPORTS, IMPORT]
_MOST_DIGITS = 18


@csrf_exempt  # whoever checks the token reads the whole body, which must be bounded before
@require_POST
@permission_required(ADDING, raise_exception=True)
def drop(request: HttpRequest) -> HttpResponseBase:
    """Take a file in, and have it looked through."""
    limit = LimitedUpload(request)
    request.upload_handlers.insert(0, limit)
    response: HttpResponseBase = _drop(request, limit)
    return response


@csrf_protect
def _drop(request: HttpRequest, limit: LimitedUpload) -> HttpResponse:
    content = request.FILES.get("file")
    account = _account(request.POST.get("account", ""))
    if limit.is_too_large:
        problem = _("The file is larger than %(most)d MiB. Drop it in parts.") % {
            "most": keeping.LARGEST // pages.MEGABYTE
        }
        return pages.imports(request, problem, 413)
    if not isinstance(content, UploadedFile):
        return pages.imports(request, _("Choose a file: ZIP, lines of JSON, CSV or XLSX."), 400)
    if account is None:
        return pages.imports(request, _("Choose the account whose pushes these are."), 400)
    try:
        job = asking.take(account, content, content.name or "", request.user)
    except RefusedFileError as error:
        words = {"file": content.name, "why": error}
        problem = _("%(file)s cannot be taken: %(why)s") % words
        return pages.imports(request, problem, 400)
    except OSError:
        problem = _("The file could not be kept: there is no room for it.")
        return pages.imports(request, problem, 507)
    name = "import-columns" if job.is_table else "import"
    return HttpResponseRedirect(reverse(name, args=[job.pk]))


def _account(word: str) -> VendorAccount | None:
    is_key = word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS
    return VendorAccount.objects.filter(pk=int(word)).first() if is_key else None


@require_POST
@permission_required(ADDING, raise_exception=True)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a file imported that was looked through."""
    job = get_object_or_404(Import, pk=pk)
    if not asking.confirm(job, request.user, request):
        messages.info(request, _("It cannot be imported any more: look what became of it."))
    return HttpResponseRedirect(job.get_absolute_url())


@require_POST
@permission_required(ADDING, raise_exception=True)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an import back, as far as it was not done."""
    job = get_object_or_404(Import, pk=pk)
    if asking.cancel(job, request.user.get_username()):
        messages.success(request, _("It is cancelled. What was imported before stays."))
    else:
        messages.info(request, _("It was over already."))
    return HttpResponseRedirect(job.get_absolute_url())


@require_POST
@permission_required(ADDING, raise_exception=True)
def ask_now(request: HttpRequest, account_id: int) -> HttpResponse:
    """Have a vendor asked for its failed pushes, without waiting for the night."""
    account = get_object_or_404(VendorAccount, pk=account_id)
    if night.want(account):
        messages.success(request, _("It is asked within a few seconds: refresh this page."))
    else:
        messages.error(request, _("It cannot be asked: its credentials are missing."))
    return HttpResponseRedirect(reverse("imports"))
