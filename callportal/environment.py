"""Settings from the environment. Each may also be a file, named by the setting plus ``_FILE``.

A setting that cannot be used raises ImproperlyConfigured with one sentence that names it.
"""

import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

Value = TypeVar("Value")

env = environ.FileAwareEnv()


def text(name: str, default: str = "") -> str:
    """A setting as text, from NAME or from the file that NAME_FILE names."""
    try:
        return str(env.str(name, default=default)).strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot be read: {error.strerror}.") from None


def whole(name: str, default: int, *, least: int, most: int) -> int:
    given = text(name, str(default))
    if not re.fullmatch(r"\d{1,9}", given) or not least <= int(given) <= most:
        raise ImproperlyConfigured(
            f'{name}: expected a whole number from {least} to {most}, got "{given}".'
        )
    return int(given)


def words(name: str) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()]


def origin(name: str, default: str) -> str:
    """An address without a path: scheme, host and perhaps port."""
    given = text(name, default).rstrip("/")
    try:
        parts = urlsplit(given)
        is_origin = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_origin = is_origin and not parts.path and not parts.query and parts.port != 0
    except ValueError:
        is_origin = False
    if not is_origin:
        raise ImproperlyConfigured(
            f'{name}: expected an address such as https://calls.example.com, got "{given}".'
        )
    return given


def oidc(name: str) -> str:
    """The address of an issuer, which may have a path; empty where there is none."""
    given = text(name).rstrip("/")
    parts = urlsplit(given)
    is_local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if given and (not parts.hostname or parts.query or parts.scheme not in {"https", "http"}):
        raise ImproperlyConfigured(
            f'{name}: expected an address such as https://login.example.com/staff, got "{given}".'
        )
    if parts.scheme == "http" and not is_local:
        raise ImproperlyConfigured(f"{name}: expected https://, which only this machine may lack.")
    return given


def pairs(name: str) -> dict[str, str]:
    """``one=other,third=fourth``."""
    found = [word.partition("=") for word in words(name)]
    for left, equals, right in found:
        if not (left.strip() and equals and right.strip()):
            raise ImproperlyConfigured(
                f'{name}: expected words such as staff=agent, got "{left}{equals}{right}".'
            )
    return {left.strip(): right.strip() for left, _, right in found}


def zone(name: str, default: str) -> str:
    given = text(name, default)
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(
            f'{name}: expected a time zone such as Asia/Shanghai, got "{given}".'
        ) from None
    return given


def one_of(name: str, default: str, choices: tuple[str, ...]) -> str:
    given = text(name, default)
    if given not in choices:
        raise ImproperlyConfigured(f'{name}: expected {" or ".join(choices)}, got "{given}".')
    return given


def database(name: str, default: str) -> dict[str, Any]:
    """DATABASE_URL as Django wants it: ``postgres://user:password@host/name`` or ``sqlite:///path``."""
    given = text(name, default)
    scheme = given.partition(":")[0]
    if scheme not in {"postgres", "postgresql", "sqlite"}:
        raise ImproperlyConfigured(
            f'{name}: expected postgres://… or sqlite:///…, got an address of kind "{scheme[:20]}".'
        )
    try:
        parsed: dict[str, Any] = env.db_url_config(given)
    except ValueError:
        raise ImproperlyConfigured(f"{name}: is not a valid address.") from None
    return parsed


_NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


def mail(name: str) -> dict[str, Any]:
    """EMAIL_URL as Django wants it: ``smtp+tls://user:password@host:587``, where ``smtp+tls`` is
    STARTTLS and ``smtp+ssl`` is TLS from the first byte. Without it, no mail is sent."""
    given = text(name)
    if not given:
        nowhere = dict.fromkeys(("EMAIL_HOST", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"), "")
        return nowhere | {"EMAIL_PORT": 25, "EMAIL_BACKEND": _NO_MAIL}
    scheme = given.partition(":")[0]
    if scheme not in _MAIL_PORTS:
        raise ImproperlyConfigured(
            f"{name}: expected smtp://host, smtp+tls://user:password@host:587 or smtp+ssl://…, got "
            f'an address of kind "{scheme[:20]}".'
        )
    try:
        parsed: dict[str, Any] = env.email_url_config(given)
    except ValueError:
        raise ImproperlyConfigured(f"{name}: is not a valid address.") from None
    if not parsed["EMAIL_HOST"]:
        raise ImproperlyConfigured(f"{name}: expected the name of a server after {scheme}://.")
    for key in ("EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"):
        parsed[key] = parsed[key] or ""
    parsed["EMAIL_PORT"] = parsed["EMAIL_PORT"] or _MAIL_PORTS[scheme]
    return parsed


def broker(name: str) -> str:
    given = text(name)
    if given and not given.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(
            f"{name}: expected redis://host:port/number, got an address of kind "
            f'"{given.partition(":")[0][:20]}".'
        )
    return given


def directory(name: str, default: Path) -> Path:
    """A folder that is ours to write to; made when it is not there."""
    return _made(name, Path(text(name, str(default))).expanduser().absolute())


def _made(name: str, path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: {path} cannot be made: {error.strerror}.") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{name}: {path} cannot be written to.")
    return path


def storage(name: str, default: Path) -> dict[str, Any]:
    """Where files are kept, as an entry of STORAGES: ``file:///folder`` or ``s3://…/bucket``."""
    given = text(name)
    if not given:
        return _folder(name, default)
    try:
        parts = urlsplit(given)
        has_port = parts.port != 0
    except ValueError:
        has_port = False
    if not has_port:
        raise ImproperlyConfigured(
            f"{name}: is not a valid address; write /, ?, #, @ and % in key and secret as %2F, "
            "%3F, %23, %40 and %25."
        )
    if parts.scheme == "s3":
        return {"BACKEND": "callportal.storages.BucketStorage", "OPTIONS": _bucket(name, parts)}
    if parts.scheme == "file" and not parts.netloc and parts.path.strip("/"):
        return _folder(name, Path(unquote(parts.path)))
    raise ImproperlyConfigured(
        f"{name}: expected file:///folder or s3://key:secret@host:port/bucket, got an address of "
        f'kind "{parts.scheme[:20]}"{" without a folder" * (parts.scheme == "file")}.'
    )


def _folder(name: str, path: Path) -> dict[str, Any]:
    return {
        "BACKEND": "callportal.storages.DiskStorage",
        "OPTIONS": {"location": _made(name, path)},
    }


def _bucket(name: str, parts: SplitResult) -> dict[str, str]:
    bucket, *folders = unquote(parts.path).strip("/").split("/")
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = {"region": r"[a-z0-9-]+", "tls": "true|false", "style": "path|virtual"}
    needs = {
        "a key and a secret before the host, as in s3://key:secret@host:port/bucket": (
            parts.username and parts.password
        ),
        "the name of a server after the key and the secret": parts.hostname,
        "the name of a bucket after the server": re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}", bucket),
        "no empty part and no .. behind the bucket": not {"", ".", ".."} & set(folders),
        "nothing behind the bucket but region=…, tls=true or false, and style=path or virtual": (
            not parts.fragment
            and all(re.fullmatch(known.get(key, "(?!)"), asked[key]) for key in asked)
        ),
    }
    for need, is_met in needs.items():
        if not is_met:
            raise ImproperlyConfigured(f"{name}: expected {need}.")
    server = parts.netloc.rpartition("@")[2]
    return {
        "endpoint_url": f"{'http' if asked.get('tls') == 'false' else 'https'}://{server}",
        "access_key": unquote(parts.username or ""),
        "secret_key": unquote(parts.password or ""),
        "bucket_name": bucket,
        "location": "/".join(folders),
        "region_name": asked.get("region", "us-east-1"),
        "addressing_style": asked.get("style", "path"),
        "setting": name,
    }


def kept_secret(name: str, path: Path, make: Callable[[], str]) -> str:
    """A secret from the environment, else from a file of ours, made the first time."""
    if given := text(name):
        return given
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: {path} cannot be made: {error.strerror}.") from None
    kept = path.read_text().strip()
    if not kept:
        raise ImproperlyConfigured(f"{name}: {path} is empty; delete it or set {name}.")
    return kept


def secret_key() -> str:
    return secrets.token_urlsafe(50)


def sealing_key() -> str:
    return Fernet.generate_key().decode()


def sealing_keys(name: str, given: str) -> list[str]:
    keys = [key.strip() for key in given.split(",") if key.strip()]
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}: expected 32 random bytes in URL-safe Base64 (several separated by "
                "commas, the first seals)."
            ) from None
    return keys
