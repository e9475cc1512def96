"""A customer whose calls the journeys are about: what a robot said, and why it failed before."""

import io
import json
import wave
from datetime import datetime, timedelta
from types import SimpleNamespace

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django.utils import timezone

from calls import facts, ingest, listening
from calls.models import Call, Recording, Sound, SoundState
from tests.conftest import addresses
from vendors import accounts
from vendors.models import VendorAccount

CUSTOMER = "13100007788"
REFUSED_ID = "NM20010213"
SECONDS = 6
RATE = 8000


def told() -> SimpleNamespace:
    """The calls of a customer, and a record that was refused; what the journeys look for."""
    account = accounts.create("yeta", "Robots")
    now = timezone.now().replace(microsecond=0)
    busy = _say(account, "before", now - timedelta(days=2), _code("3"))
    asked = _say(account, "asked", now - timedelta(hours=1), None, is_answered=True)
    _recorded(asked)
    month = (now.replace(day=1) - timedelta(days=1)).replace(day=15)
    for n in range(3):
        _say(account, f"month {n}", month + timedelta(minutes=n), _code("3"), callee="13100007700")
    _refused()
    return SimpleNamespace(customer=CUSTOMER, busy=busy, asked=asked, refused=REFUSED_ID)


def _code(value: str) -> facts.CodeFact:
    return facts.CodeFact(scheme="yeta.task-result", value=value, place="task_result")


def _say(
    account: VendorAccount,
    call_id: str,
    at: datetime,
    code: facts.CodeFact | None,
    *,
    callee: str = CUSTOMER,
    is_answered: bool = False,
) -> Call:
    turns = ["您好，我是清禾生活的小禾。", "好的，马上为您转接。"], ["你是机器人吗？我要人工。", ""]
    dialog = facts.DialogFacts(
        began_at=at,
        turns=tuple(
            facts.TurnFacts(
                key=str(n),
                text_robot=robot,
                text_customer=customer,
                started_at=at + timedelta(seconds=2 * n),
                spoke_at=at + timedelta(seconds=2 * n + 1) if customer else None,
            )
            for n, (robot, customer) in enumerate(zip(*turns, strict=True))
        ),
    )
    said = facts.CallFacts(
        call_id=call_id,
        source=facts.Source.RECORD,
        is_final=True,
        service=facts.Service.VOICE_ROBOT,
        direction=facts.Direction.OUTBOUND,
        caller="055196866001",
        callee=callee,
        started_at=at,
        answered_at=at if is_answered else None,
        ended_at=at + timedelta(seconds=SECONDS),
        codes=(code,) if code else (),
        dialog=dialog if is_answered else None,
    )
    ingest.apply([ingest.Statement(push_id=900, received_at=at, account=account, facts=said)])
    return Call.objects.get(account=account, call_id=call_id)


def _recorded(call: Call) -> None:
    """A recording that a browser plays: silence, as long as the call."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(bytes(2 * RATE * SECONDS))
    announced = Recording.objects.create(call=call, key="1", track="mixed", push_id=900)
    Sound.objects.create(
        call=call,
        recording=announced,
        state=SoundState.STORED,
        name=storages["recordings"].save("asked.wav", ContentFile(file.getvalue())),
        media_type="audio/wav",
        codec="pcm16",
        channels=1,
        size_bytes=len(file.getvalue()),
        seconds=SECONDS,
        stored_at=timezone.now(),
    )
    Call.objects.filter(pk=call.pk).update(has_recording=True)
    listening.listen_all()


def _refused() -> None:
    """A call record that came from an address that its account does not allow."""
    account = accounts.create("voicepush", "Strict", {"auth_token": "t" * 32})
    accounts.configure(account, {"push_signature": "enforce"})
    path = addresses(account)["cdr"].removeprefix("http://calls.example")
    body = {"callId": REFUSED_ID, "caller": CUSTOMER, "callee": "13100009999", "callResult": 1}
    answer = Client().post(path, json.dumps(body), content_type="application/json")
    assert answer.status_code == 401
