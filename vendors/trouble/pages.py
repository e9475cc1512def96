"""Pages: what went wrong with pushes, what processing a group again would change, how far it is."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calls.audit import Action, record
from calls.permissions import READ_CALLS
from vendors import bodies
from vendors.models import ReprocessJob, State
from vendors.permissions import REPROCESS, SEE_PUSHES
from vendors.trouble import groups, jobs, rehearsal
from vendors.trouble.groups import Trouble

SHORT_BODY = 1_000  # characters of an example
JOBS_LISTED = 10
STATES = (State.UNREADABLE, State.FAILED)


@require_safe
@permission_required(SEE_PUSHES, raise_exception=True)
def trouble_list(request: HttpRequest) -> HttpResponse:
    """What went wrong, the most frequent first, each with an example."""
    asked = request.GET.get("state", "")
    state = asked if asked in {one.value for one in STATES} else ""
    found = groups.count(state)
    context = {
        "found": found,
        "groups": [(group, _body(group)) for group in found.largest],
        "state": state,
        "states": STATES,
        "is_mistaken": asked != state,
        "jobs": list(ReprocessJob.objects.order_by("-id")[:JOBS_LISTED]),
        "may_reprocess": request.user.has_perms([REPROCESS, READ_CALLS]),
    }
    return render(request, "vendors/trouble_list.html", context)


def _body(group: groups.Group) -> bodies.Body | None:
    push = group.example
    return bodies.show(bytes(push.body), SHORT_BODY, f"push-{push.pk}") if push else None


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required([SEE_PUSHES, REPROCESS, READ_CALLS], raise_exception=True)
def again(request: HttpRequest) -> HttpResponse:
    """Say what processing a group again would change; asked to, begin."""
    trouble = groups.read(request.GET)
    if trouble is None:
        messages.error(request, _("This address names no group of pushes. Choose one here."))
        return HttpResponseRedirect(reverse("trouble"))
    return _start(request, trouble) if request.method == "POST" else _preview(request, trouble)


def _start(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    asked = jobs.start(trouble, request.user.get_username())
    if asked is None:
        return _nothing_left(request)
    if asked.is_new:
        _note_down(request, Action.PUSHES_REPROCESSED, asked.job)
    else:
        messages.info(
            request,
            _("%(name)s had it processed again already: this is how far it is.")
            % {"name": asked.job.asked_by},
        )
    return HttpResponseRedirect(asked.job.get_absolute_url())


def _note_down(request: HttpRequest, action: Action, job: ReprocessJob) -> None:
    details = {"pushes": job.total, "vendor": job.vendor, "kind": job.kind}
    subject = f"reprocessing {job.pk}"
    record(action, by=request.user, request=request, subject=subject, details=details)


def _preview(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    pushes = trouble.pushes()
    count = pushes.count()
    if not count:
        return _nothing_left(request)
    try:
        tried = rehearsal.rehearse(rehearsal.sample(pushes))
    except OperationalError:
        messages.warning(request, _("The database was too busy to try it out. Ask again."))
        return HttpResponseRedirect(reverse("trouble"))
    context = {"trouble": trouble, "count": count, "tried": tried}
    return render(request, "vendors/trouble_again.html", context)


def _nothing_left(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("No push of this group is left."))
    return HttpResponseRedirect(reverse("trouble"))


@require_safe
@permission_required(SEE_PUSHES, raise_exception=True)
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a job is. htmx asks for the middle of it alone."""
    row = get_object_or_404(ReprocessJob, pk=pk)
    context = {
        "job": row,
        "counted": jobs.look(row),
        "trouble": jobs.trouble_of(row),
        "may_reprocess": request.user.has_perm(REPROCESS),
    }
    name = "_trouble_progress" if request.htmx else "trouble_job"  # type: ignore[attr-defined]
    response = render(request, f"vendors/{name}.html", context)
    response["Vary"] = "HX-Request"
    return response


@require_POST
@permission_required([SEE_PUSHES, REPROCESS], raise_exception=True)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Put no more pushes of a job back."""
    row = get_object_or_404(ReprocessJob, pk=pk)
    if jobs.cancel(row, request.user.get_username()):
        _note_down(request, Action.REPROCESSING_CANCELLED, row)
        messages.success(request, _("No more pushes are put back."))
    else:
        messages.info(request, _("It was over already."))
    return HttpResponseRedirect(row.get_absolute_url())
