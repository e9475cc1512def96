"""The page of one telephone number."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from calls import masking, number_story
from calls.numbers import search_key
from calls.permissions import READ_CALLS


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def number(request: HttpRequest, key: str) -> HttpResponse:
    """A number in its searchable form. Any other spelling leads there, unless it is itself a form
    that calls are found by."""
    if not masking.sees_numbers():
        return render(request, "calls/no_number.html", status=403)
    canonical = search_key(key)
    if canonical not in {"", key} and not number_story.is_known(key):
        return HttpResponseRedirect(reverse("number", args=[canonical]))
    context = {"story": number_story.tell(key), "most": number_story.MOST}
    return render(request, "calls/number_detail.html", context)
