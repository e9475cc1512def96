"""EMAIL_URL: which mail server, or none."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from callportal import environment


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("smtp://mail.example", {"EMAIL_HOST": "mail.example", "EMAIL_PORT": 25}),
        (
            "smtp+tls://me%40x.example:p%2Fw@mail.example",
            {
                "EMAIL_PORT": 587,
                "EMAIL_USE_TLS": True,
                "EMAIL_HOST_USER": "me@x.example",
                "EMAIL_HOST_PASSWORD": "p/w",
            },
        ),
        ("smtp+ssl://mail.example:4650", {"EMAIL_PORT": 4650, "EMAIL_USE_SSL": True}),
        ("", {"EMAIL_HOST": "", "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}),
    ],
)
def test_a_mail_server_is_read(
    monkeypatch: pytest.MonkeyPatch, given: str, expected: dict[str, Any]
) -> None:
    monkeypatch.setenv("EMAIL_URL", given)

    read = environment.mail("EMAIL_URL")

    assert {key: read[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("https://mail.example", 'EMAIL_URL: expected smtp://host, .* of kind "https"'),
        ("smtp://", "EMAIL_URL: expected the name of a server"),
        ("smtp://mail.example:port", "EMAIL_URL: is not a valid address"),
    ],
)
def test_what_is_no_mail_server_is_named_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, given: str, sentence: str
) -> None:
    monkeypatch.setenv("EMAIL_URL", given)

    with pytest.raises(ImproperlyConfigured, match=sentence):
        environment.mail("EMAIL_URL")
