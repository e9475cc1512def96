"""Pushes take a path of their own: no session, no cookie, no CSRF, no redirect, no language."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from vendors.views import receive

PREFIX = "/hooks/"


class PushesFirst:
    """Hands a push to its view before any other middleware sees it, and costs it nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(PREFIX):
            return receive(request, address=request.path_info.removeprefix(PREFIX))
        return self.get_response(request)
