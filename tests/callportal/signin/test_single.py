"""Single sign-on, against a provider that is asked over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from calls.audit import Action
from tests.callportal.signin.conftest import again, is_in, set_up_app, try_password, written
from tests.callportal.signin.provider import CLIENT, SECRET, Provider, provider

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/oidc/login/"
BACK = "/accounts/oidc/login/callback/"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as one:
        yield one


@pytest.fixture
def there(running: Provider, settings: Any) -> Provider:
    running.claims = {"sub": "u-1", "email": "mei@example.com", "email_verified": True}
    running.lies, running.signer, running.algorithm, running.asked = {}, "own", "RS256", []
    settings.OIDC_URL, settings.OIDC_NAME = running.url, "Example ID"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    return running


def come(client: Client, there: Provider, **query: str) -> Any:
    """Go to the provider and come back."""
    off = client.get(LOGIN, query)
    return client.get(BACK, there.consent(off["Location"]))


def make_users(settings: Any) -> None:
    settings.OIDC_MAKE_USERS = True


def test_without_the_settings_there_is_none(client: Client) -> None:
    assert client.get(LOGIN).status_code == 404
    assert "oidc" not in client.get(reverse("login")).content.decode()


def test_the_page_to_sign_in_names_it(there: Provider, client: Client) -> None:
    page = client.get(reverse("login"), {"next": "/calls/"}).content.decode()

    assert "Sign in with Example ID" in page
    assert f'href="{LOGIN}?next=%2Fcalls%2F"' in page


def test_somebody_new_is_made_where_the_settings_say_so(
    there: Provider, client: Client, settings: Any
) -> None:
    make_users(settings)
    there.claims["preferred_username"] = "mei"

    response = come(client, there, next="/calls/?outcome=busy")

    assert response["Location"] == "/calls/?outcome=busy"
    assert is_in(client)
    mei = User.objects.get()
    assert (mei.username, mei.email) == ("mei", "mei@example.com")
    assert not mei.has_usable_password()
    assert written(Action.SIGNED_IN)[0].details == {"with": ["socialaccount"]}
    assert SocialAccount.objects.get().extra_data == {}


def test_somebody_new_is_turned_away_where_they_do_not(there: Provider, client: Client) -> None:
    response = come(client, there)

    assert response["Location"] == reverse("login")
    assert "Nobody here is known by that" in client.get(reverse("login")).content.decode()
    assert not User.objects.exists()
    assert written(Action.SIGN_IN_FAILED)[0].details["why"] == "unknown person"


def test_a_person_is_known_by_sub_whatever_their_address_is(
    there: Provider, client: Client, settings: Any
) -> None:
    make_users(settings)
    come(Client(), there)
    settings.OIDC_MAKE_USERS = False
    there.claims |= {"email": "other@example.com", "preferred_username": "other"}

    come(client, there)

    assert is_in(client)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("may_match", "claims", "is_let_in"),
    [
        (False, {}, False),
        (True, {}, True),
        (True, {"email_verified": False}, False),
        (True, {"email_verified": "true"}, False),
        (True, {"email": "MEI@example.com"}, True),
        (True, {"email": "li@example.com"}, False),
    ],
)
def test_an_address_is_matched_only_where_it_is_allowed_and_verified(
    mei: User,
    there: Provider,
    client: Client,
    settings: Any,
    may_match: bool,
    claims: dict[str, Any],
    is_let_in: bool,
) -> None:
    settings.OIDC_MATCH_EMAIL = may_match
    there.claims |= claims

    come(client, there)

    assert is_in(client) == is_let_in
    mei.refresh_from_db()
    assert mei.has_usable_password()


def test_an_address_that_two_have_is_nobodys(
    mei: User, there: Provider, client: Client, settings: Any
) -> None:
    settings.OIDC_MATCH_EMAIL = True
    User.objects.create_user("second", "Mei@example.com")

    come(client, there)

    assert not is_in(client)


def test_who_is_disabled_here_is_not_let_in(
    mei: User, there: Provider, client: Client, settings: Any
) -> None:
    settings.OIDC_MATCH_EMAIL = True
    User.objects.update(is_active=False)

    come(client, there)

    assert not is_in(client)


def lie(there: Provider, kind: str) -> None:
    there.signer = "other" if kind == "signature" else "own"
    there.algorithm = kind if kind in {"HS256", "none"} else "RS256"
    lies: dict[str, dict[str, Any]] = {
        "issuer": {"token": {"iss": "https://evil.example"}},
        "audience": {"token": {"aud": "another"}},
        "two audiences": {"token": {"aud": ["another", CLIENT]}},
        "nonce": {"token": {"nonce": "of another round"}},
        "expired": {"token": {"exp": 1}},
        "no sub": {"token": {"sub": ""}},
        "another issuer": {"config": {"issuer": "https://evil.example"}},
        "metadata": {"config": {"jwks_uri": "http://169.254.169.254/latest"}},
        "elsewhere inside": {"config": {"token_endpoint": "http://10.0.0.1/token"}},
    }
    there.lies = lies.get(kind, {})


@pytest.mark.parametrize(
    "kind",
    [
        *("signature", "HS256", "none", "issuer", "audience", "two audiences", "nonce"),
        *("expired", "no sub", "another issuer", "metadata", "elsewhere inside"),
    ],
)
def test_a_provider_that_lies_lets_nobody_in(
    there: Provider, client: Client, settings: Any, kind: str
) -> None:
    make_users(settings)
    lie(there, kind)

    response = come(client, there)

    assert response["Location"] == reverse("login")
    assert not is_in(client)
    assert not User.objects.exists()
    assert written(Action.SIGN_IN_FAILED)


def test_what_was_not_asked_for_by_this_browser_is_not_taken(
    there: Provider, client: Client, settings: Any
) -> None:
    make_users(settings)
    brought = there.consent(Client().get(LOGIN)["Location"])

    client.get(BACK, brought)

    assert not is_in(client)
    assert "/token" not in there.asked


def test_a_code_is_brought_back_once(there: Provider, client: Client, settings: Any) -> None:
    make_users(settings)
    off = client.get(LOGIN)
    brought = there.consent(off["Location"])
    client.get(BACK, brought)
    client.post(reverse("logout"))

    client.get(BACK, brought)

    assert not is_in(client)


def test_an_address_does_not_say_what_is_asked_of_the_provider(
    there: Provider, client: Client
) -> None:
    off = client.get(LOGIN, {"auth_params": "prompt=none&nonce=mine", "scope": "admin"})

    assert "mine" not in off["Location"]
    assert "admin" not in off["Location"]
    assert client.get(LOGIN, {"process": "redirect"}).status_code == 404


def test_groups_of_the_provider_are_roles_here(
    there: Provider, client: Client, settings: Any
) -> None:
    make_users(settings)
    settings.OIDC_ROLES_CLAIM, settings.OIDC_ROLES = "groups", {"call-centre": "agent"}
    there.claims["groups"] = ["call-centre", "operator", "something else"]
    come(client, there)
    user = User.objects.get()
    own = Group.objects.create(name="own")
    user.groups.add(own)
    first = {*user.groups.values_list("name", flat=True)}

    there.claims["groups"] = ["administrator"]
    come(Client(), there)

    user.refresh_from_db()
    assert first == {"agent", "operator", "own"}
    assert {*user.groups.values_list("name", flat=True)} == {"administrator", "own"}
    assert (user.is_staff, user.is_superuser) == (True, False)


def test_passwords_can_be_left_to_administrators(mei: User, there: Provider, settings: Any) -> None:
    settings.OIDC_ONLY = True
    User.objects.create_superuser("root", password="correct horse battery staple")

    heard = [try_password(Client(), name).status_code for name in ("mei", "root")]

    assert heard == [200, 302]


def test_a_second_factor_is_asked_for_after_single_sign_on_too(
    mei: User, there: Provider, client: Client, settings: Any
) -> None:
    settings.OIDC_MATCH_EMAIL = True
    inside = Client()
    try_password(inside)
    set_up_app(inside)

    response = come(client, there)

    assert response["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)


def test_who_is_signed_in_connects_it_once_they_showed_again_who_they_are(
    mei: User, there: Provider, client: Client
) -> None:
    try_password(client)
    asked = client.get(reverse("single-connect"))
    assert "/accounts/again/" in asked["Location"]
    again(client, next=reverse("single-connect"))

    off = client.get(client.get(reverse("single-connect"))["Location"])
    client.get(BACK, there.consent(off["Location"]))

    assert SocialAccount.objects.get().user == mei
    other = Client()
    come(other, there)
    assert is_in(other)


def test_a_provider_that_does_not_answer_is_a_sentence(client: Client, settings: Any) -> None:
    settings.OIDC_URL, settings.OIDC_CLIENT_ID = "http://127.0.0.1:9", CLIENT

    response = client.get(LOGIN, follow=True)

    assert "That did not work" in response.content.decode()
