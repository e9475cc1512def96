"""Loaded before Django's settings: a data folder of the run's own, and no proxy in the way."""

import atexit
import gc
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import httpcore2
import pytest

_folder = tempfile.mkdtemp(prefix="callportal-tests-")
(Path(_folder) / "static").mkdir()
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

os.environ["DATA_DIR"] = _folder
os.environ["PUBLIC_URL"] = "http://calls.example"
for _name in (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "BACKUP_KEY",
    "CREDENTIALS_KEY",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "PORT",
    "DEBUG",
    "RECORDINGS_URL",
    "RECORDINGS_KEY",
    "EXPORTS_URL",
    "EMAIL_URL",
    "EMAIL_FROM",
    "METRICS_TOKEN",
    "BILLS_URL",
    "IMPORTS_URL",
    "SPOOL_MEGABYTES",
    "SIGN_IN_TRIES",
    "SIGN_IN_ADDRESS_TRIES",
    "SIGN_IN_LOCK_MINUTES",
    "REQUIRE_SECOND_FACTOR",
    "OIDC_URL",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "OIDC_NAME",
    "OIDC_MAKE_USERS",
    "OIDC_MATCH_EMAIL",
    "OIDC_ROLES_CLAIM",
    "OIDC_ROLES",
    "OIDC_ONLY",
):
    os.environ.pop(_name, None)


# Reading the system's certificates takes 30 ms, and most tests of a client would do it anew.
httpcore2.default_ssl_context = cache(httpcore2.default_ssl_context)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-line",
        action="store_true",
        help="kill the courier at each of its lines instead of a few; takes minutes",
    )


def pytest_configure() -> None:
    """Static files by their own names: nothing is collected for a test run. Passwords of tests need
    no hash that is slow on purpose, and databases of tests outlive no power cut."""
    from django.conf import settings

    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if settings.IS_EMBEDDED:
        options = settings.DATABASES["default"]["OPTIONS"]
        options["init_command"] += "PRAGMA synchronous=OFF;"


def pytest_collection_finish() -> None:
    """What is imported by now stays; looking through it for garbage took a sixth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
