"""What stands around every request.

Pushes take a path of their own: no session, no cookie, no CSRF, no redirect, no language. People
see numbers, words and times as they may and as they set.
"""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from callportal.signin import factors, sessions
from calls import masking, preferences
from vendors.views import receive

PREFIX = "/hooks/"
# What somebody may open who must have a second factor and has none.
_FOR_A_FACTOR = {
    *("security", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes"),
    *("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
    *("login", "logout", "password", "set_language", "healthz", "readyz", "metrics"),
}


class PushesFirst:
    """Hands a push to its view before any other middleware sees it, and costs it nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(PREFIX):
            return receive(request, address=request.path_info.removeprefix(PREFIX))
        return self.get_response(request)


class AsTheReaderHasIt:
    """Serves each person numbers as they may see them, words and times as they set them.

    All of it ends with the request, so that nothing of it is left on the thread for the next.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with masking.eyes_of(request), preferences.in_force(request):
            return self.get_response(request)


class SignInIsAPage:
    """Has htmx go to the page to sign in, where it would put that page into a part of another.

    A page that is open while its session ends asks for its parts and is sent there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if "HX-Request" not in request.headers or response.status_code != 302:
            return response
        sign_in = resolve_url(settings.LOGIN_URL)
        if urlsplit(response["Location"]).path != sign_in:
            return response
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = here._replace(scheme="", netloc="").geturl()
        return HttpResponseClientRedirect(f"{sign_in}?{urlencode({'next': back})}")


class NotKept:
    """Has nobody keep what was made for one reader: no proxy on the way, no disk of a browser.

    Files of ours come from elsewhere and may be kept; a view that says something itself is left.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class SecondFactorFirst:
    """Leads whoever must have a second factor, and has none, to where one is added."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is not None and match.view_name in _FOR_A_FACTOR:
            return None
        user = request.user
        if not user.is_authenticated or not factors.is_demanded(user) or factors.has_one(user):
            return None
        there = resolve_url("security")
        if "HX-Request" in request.headers:
            return HttpResponseClientRedirect(there)
        return HttpResponseRedirect(there)


class SessionsSeen:
    """Notes that a session is in use, for the list of sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            sessions.seen(request)
        return self.get_response(request)
