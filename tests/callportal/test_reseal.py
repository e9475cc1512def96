"""Rotation of keys: nothing sealed is forgotten, nothing is lost, and it says when it is done."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import models
from django.utils import timezone
from pytest_django import Settings

from callportal import kept
from callportal.backups import keys
from calls.audit import Action
from calls.models import AuditEntry, Export
from tests.callportal.backups.conftest import CODE, KEYS
from vendors import outbox, vault
from vendors.models import AlarmContact, Credential, OutboundRequest, PushToken, VendorAccount

OLD, NEW = KEYS
VOICE = bytes(range(256)) * 1000


@pytest.fixture
def account(
    db: None, settings: Settings, make_account: Callable[..., VendorAccount]
) -> VendorAccount:
    settings.CREDENTIALS_KEYS = [OLD]
    made = make_account(
        "huawei", app_key="key", app_secret="secret", base_url="http://platform.example"
    )
    outbox.ask(made, outbox.Wish(operation="voice_verification", parameters=CODE))
    AlarmContact.objects.create(name="Hook", way="webhook", sealed=vault.seal("hook"))
    return made


def reseal() -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("reseal", stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_every_column_that_holds_what_is_sealed_is_known_as_such() -> None:
    suspicious = {
        f"{model._meta.label}.{field.name}"
        for label in ("callportal", "calls", "vendors")
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField)
        and any(word in field.name for word in ("sealed", "secret"))
    }

    known = {f"{model._meta.label}.{name}" for model, name in keys.sealed_columns()}

    assert suspicious == known
    assert known >= {
        "vendors.Credential.sealed",
        "vendors.PushToken.sealed",
        "vendors.AlarmContact.sealed",
        "vendors.OutboundRequest.sealed_secrets",
    }


def test_everything_opens_with_the_new_key_alone(
    account: VendorAccount, settings: Settings
) -> None:
    settings.CREDENTIALS_KEYS = [NEW, OLD]

    told, _ = reseal()

    settings.CREDENTIALS_KEYS = [NEW]
    assert "needed no more" in told
    assert {one.secret for one in Credential.objects.all()} >= {"secret"}
    assert PushToken.objects.get().token
    assert AlarmContact.objects.get().secret == "hook"
    assert CODE["verifyCode"] in vault.unseal(OutboundRequest.objects.get().sealed_secrets)
    assert AuditEntry.objects.filter(action=Action.CREDENTIALS_RESEALED).exists()


def test_doing_it_again_changes_nothing(account: VendorAccount, settings: Settings) -> None:
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    reseal()
    before = list(Credential.objects.order_by("pk").values_list("sealed", flat=True))

    told, _ = reseal()

    assert list(Credential.objects.order_by("pk").values_list("sealed", flat=True)) == before
    assert "0 sealed anew" in told


def test_rows_that_no_key_opens_are_named_and_the_others_done(
    account: VendorAccount, settings: Settings
) -> None:
    token = PushToken.objects.get()
    settings.CREDENTIALS_KEYS = [KEYS[1]]
    AlarmContact.objects.update(sealed=vault.seal("hook"))
    settings.CREDENTIALS_KEYS = [KEYS[1]]
    out, err = io.StringIO(), io.StringIO()

    with pytest.raises(SystemExit):
        call_command("reseal", stdout=out, stderr=err)

    assert f"vendors.PushToken {token.pk}" in err.getvalue()
    assert "needed no more" not in out.getvalue()
    assert AlarmContact.objects.get().secret == "hook"


def test_the_secrets_of_second_factors_are_sealed_anew(
    db: None, settings: Settings, django_user_model: Any
) -> None:
    settings.CREDENTIALS_KEYS = [OLD]
    user = django_user_model.objects.create_user("mei")
    authenticator = apps.get_model("mfa", "Authenticator")
    data = {"secret": vault.seal("totp"), "used": [1, 2]}
    row = authenticator.objects.create(user=user, type="totp", data=data)
    settings.CREDENTIALS_KEYS = [NEW, OLD]

    reseal()

    settings.CREDENTIALS_KEYS = [NEW]
    row.refresh_from_db()
    assert vault.unseal(row.data["secret"]) == "totp"
    assert row.data["used"] == [1, 2]


@pytest.fixture
def keep_sealed(settings: Settings, tmp_path: Path) -> Callable[..., None]:
    def keep(*listed: str) -> None:
        settings.RECORDINGS_KEYS = list(listed)
        disk = {
            "BACKEND": "callportal.storages.DiskStorage",
            "OPTIONS": {"location": tmp_path / "exports"},
        }
        sealed = {
            "BACKEND": "callportal.storages.SealedStorage",
            "OPTIONS": {"inner": disk, "keys": list(listed)},
        }
        settings.STORAGES = settings.STORAGES | {"exports": sealed if listed else disk}

    return keep


@pytest.mark.parametrize("first", [(OLD,), ()], ids=["another key", "no key"])
def test_files_are_sealed_anew_in_their_place(
    db: None, keep_sealed: Callable[..., None], first: tuple[str, ...]
) -> None:
    keep_sealed(*first)
    storages["exports"].save("1/calls.csv", ContentFile(VOICE))
    until = timezone.now() + timedelta(hours=1)
    Export.objects.create(state=Export.State.DONE, name="1/calls.csv", expires_at=until)
    keep_sealed(NEW, OLD)

    told, _ = reseal()

    keep_sealed(NEW)
    assert "RECORDINGS_KEY: 1 sealed anew" in told
    assert kept.key_of("exports", "1/calls.csv") == keys.key_id(NEW)
    assert storages["exports"].open("1/calls.csv").read() == VOICE


def test_a_file_that_no_key_opens_is_named_and_left(
    db: None, keep_sealed: Callable[..., None]
) -> None:
    keep_sealed(OLD)
    storages["exports"].save("1/calls.csv", ContentFile(VOICE))
    Export.objects.create(state=Export.State.DONE, name="1/calls.csv")
    keep_sealed(NEW)
    err = io.StringIO()

    with pytest.raises(SystemExit):
        call_command("reseal", stdout=io.StringIO(), stderr=err)

    assert "exports/1/calls.csv" in err.getvalue()
    assert kept.key_of("exports", "1/calls.csv") == keys.key_id(OLD)
