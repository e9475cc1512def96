"""Single sign-on by OpenID Connect, with the one provider that the settings name.

The package does the round trip: authorization code, PKCE, state. Ours is what it leaves out: a
nonce, the signature of the id_token, and who somebody is here. Its requests leave by the guarded
door of ``vendors.downloading``.
"""

from typing import Any

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from callportal.signin import arriving
from callportal.signin.adapters import to_sign_in, turn_away
from vendors.downloading.hosts import Host
from vendors.downloading.session import Session

KEY = "oidc"
# Only signatures by a key pair: with "none" or HMAC anybody who knows our client's name, or
# secret, could write a token.
ALGORITHMS = [
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
]
_LEEWAY = 60  # seconds that the provider's clock may differ


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """The provider of the settings."""

    def redirect(self, request: HttpRequest, process: str, *args: Any, **more: Any) -> HttpResponse:
        """Each round has a nonce, which the id_token must repeat."""
        nonce = get_random_string(32)
        asked = {"nonce": nonce}
        response: HttpResponse = super().redirect(
            request, process, *args, **more | {"auth_params": asked, "nonce": nonce}
        )
        return response

    def get_oauth2_adapter(self, request: HttpRequest) -> "Round":
        return Round(request, KEY)

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """What is asked for is ours to say, and not an address's."""
        return list(self.get_scope())

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Nothing of a person is kept but their ``sub``."""
        return {}


class Round(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """One round to the provider and back."""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """What the provider knows, whatever host was asked."""
        return settings.PUBLIC_URL + reverse("openid_connect_callback", args=[KEY])

    def get_provider(self) -> Provider:
        return Provider(self.request, app=_app())

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: Any, **more: Any
    ) -> SocialLogin:
        """Claims count as the provider signed them; nothing else that it says is asked for."""
        claims = self._claims(app, str(more["response"].get("id_token") or ""))
        login: SocialLogin = self.get_provider().sociallogin_from_response(
            request, {"id_token": claims}
        )
        login.claims = claims
        return login

    def _claims(self, app: SocialApp, token: str) -> dict[str, Any]:
        config = self.openid_config
        if str(config.get("issuer", "")).rstrip("/") != settings.OIDC_URL:
            raise OAuth2Error("The provider calls itself something else than OIDC_URL.")
        with SingleSignOn().get_requests_session() as session:
            answer = session.get(config["jwks_uri"])
            answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json())
        claims: dict[str, Any] = jwt.decode(
            token,
            key=_key_of(keys, token),
            algorithms=ALGORITHMS,
            audience=app.client_id,
            issuer=config["issuer"],
            leeway=_LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
        )
        if not isinstance(claims["aud"], str) and claims.get("azp") != app.client_id:
            raise OAuth2Error("The id_token is for several, and first for somebody else.")
        return claims


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """What the package asks about people who come from elsewhere."""

    def list_apps(self, request: Any, provider: Any = None, client_id: Any = None) -> list[Any]:
        return [_app()] if settings.OIDC_URL else []

    def get_provider(self, request: Any, provider: Any, client_id: Any = None) -> Provider:
        return Provider(request, app=_app())

    def get_requests_session(self) -> Session:
        return Session([Host.named(settings.OIDC_URL)])

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def authenticate_by_email(self, sociallogin: Any) -> None:
        """``arriving`` does, on its own terms."""

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("security")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find out who it is here, before the package would make somebody new."""
        wanted = str(sociallogin.state.get("nonce") or "")
        if not wanted or not constant_time_compare(str(sociallogin.claims["nonce"]), wanted):
            raise OAuth2Error("The id_token belongs to another round.")
        if sociallogin.state.get("process") != "connect":
            arriving.settle(request, sociallogin)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **more: Any) -> None:
        arriving.failed(request, str(more.get("exception") or more.get("error") or ""))
        turn_away(request, _failed())


@login_not_required
@require_safe
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Off to the provider."""
    return _visit(request, provider_id, OAuth2LoginView)


@login_not_required
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider."""
    return _visit(request, provider_id, OAuth2CallbackView)


def _visit(request: HttpRequest, provider_id: str, view: Any) -> HttpResponse:
    if provider_id != KEY or not settings.OIDC_URL:
        raise Http404
    if request.GET.get("process", "login") not in {"login", "connect"}:
        raise Http404
    try:
        response: HttpResponse = view.adapter_view(Round(request, KEY))(request)
    except ImmediateHttpResponse as error:
        response = error.response
    except (
        jwt.PyJWTError,
        OSError,  # what requests raises, among others
        OAuth2Error,
        PermissionDenied,
        LookupError,
        TypeError,
        ValueError,
    ) as error:  # a provider may answer anything, and none of it is a fault of ours
        arriving.failed(request, f"{type(error).__name__}: {error}")
        response = to_sign_in(request, _failed())
    return response


def _key_of(keys: jwt.PyJWKSet, token: str) -> jwt.PyJWK:
    """The key that a token names; the only one, where it names none."""
    name = jwt.get_unverified_header(token).get("kid")
    fitting = [key for key in keys.keys if key.key_id == name] if name else keys.keys
    if len(fitting) != 1:
        raise OAuth2Error("The id_token names no key that the provider lists.")
    return fitting[0]


def _app() -> SocialApp:
    return SocialApp(
        provider="openid_connect",
        provider_id=KEY,
        name=settings.OIDC_NAME,
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={"server_url": settings.OIDC_URL, "oauth_pkce_enabled": True},
    )


def _failed() -> str:
    return _("That did not work. Please try again, or ask an administrator.")
