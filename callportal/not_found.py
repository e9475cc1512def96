"""What is answered where there is nothing: a page to people, JSON to programs."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.defaults import page_not_found


def answer(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith("/api/v1/"):
        return JsonResponse({"detail": "Not found."}, status=404)
    return page_not_found(request, exception)
