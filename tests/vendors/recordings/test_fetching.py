"""Recordings of every vendor, fetched from real servers, that may be slow, gone or lying."""

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.files.storage import storages
from django.utils import timezone

from calls import listening
from calls.models import Call, Recording, Sound, SoundState
from tests import kills
from tests.conftest import sample
from vendors import accounts, fetching, inbox, recordings
from vendors.models import VendorAccount
from vendors.simulator.huawei_platform.platform import Platform
from vendors.simulator.huawei_platform.sound import recording

pytestmark = pytest.mark.django_db(transaction=True)

TONE = recording(3)


class Files:
    """A server of files; what it does with the next requests for a path can be set."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.plays: dict[str, list[Callable[[BaseHTTPRequestHandler, bytes], None]]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                outer.asked.append((path, {k.lower(): v for k, v in self.headers.items()}))
                body = outer.files.get(path)
                if plays := outer.plays.get(path):
                    plays.pop(0)(self, body or b"")
                elif body is None:
                    self.send_error(404)
                else:
                    whole(self, body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def whole(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Answer a file, or the rest of it where a range is asked for."""
    start = 0
    asked = handler.headers.get("Range", "")
    if asked.startswith("bytes=") and handler.headers.get("If-Range") == '"one"':
        start = int(asked[6:].partition("-")[0])
    handler.send_response(206 if start else 200)
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
    handler.send_header("Content-Length", str(len(body) - start))
    handler.send_header("ETag", '"one"')
    handler.end_headers()
    handler.wfile.write(body[start:])


def half(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("ETag", '"one"')
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.close_connection = True


def page(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    whole(handler, b"<!doctype html><title>Please sign in</title>")


def nothing(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    whole(handler, b"")


def broken(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_error(503)


@pytest.fixture
def files() -> Iterator[Files]:
    server = Files()
    yield server
    server.stop()


@pytest.fixture
def announce(
    make_account: Callable[..., VendorAccount],
    deliver: Callable[..., list[Call]],
    files: Files,
) -> Callable[..., Sound]:
    """A recording of a Yeta call that its server may have."""

    def make(**changes: Any) -> Sound:
        account = make_account(
            "yeta",
            recording_base_url=f"{files.url}/voices/",
            recording_hosts=f"{files.url}+private",
        )
        body = sample("yeta", "receiveVoice__document")
        body |= {"url": "one.wav", "size": len(TONE), "duration": 3} | changes
        deliver(account, "receiveVoice", body)
        return Sound.objects.get()

    return make


PATH = "/voices/one.wav"


def fetch() -> None:
    """Fetch whatever waits, as if its time had come."""
    Sound.objects.filter(state=SoundState.WAITING).update(next_try_at=timezone.now())
    fetching.fetch_due(30, ring=lambda: None)


def after(sound: Sound) -> Sound:
    sound.refresh_from_db()
    return sound


def stored(sound: Sound) -> bytes:
    with storages["recordings"].open(sound.name) as file:
        return bytes(file.read())


def has_part(sound: Sound) -> bool:
    """Whether anything is left of the way that it came."""
    return (Path(django_settings.DATA_DIR) / "parts" / str(sound.pk)).exists()


# Every vendor.


def test_a_yeta_recording_is_fetched_from_under_the_accounts_prefix(
    announce: Callable[..., Sound], files: Files
) -> None:
    sound = announce()
    files.files[PATH] = TONE

    fetch()

    assert after(sound).state == SoundState.STORED
    assert stored(sound) == TONE
    assert sound.sha256 == hashlib.sha256(TONE).hexdigest()
    assert (sound.media_type, sound.codec, sound.size_bytes) == ("audio/wav", "alaw", len(TONE))
    assert not has_part(sound)


def test_an_nxcloud_recording_is_fetched_from_its_address(
    make_account: Callable[..., VendorAccount], deliver: Callable[..., list[Call]], files: Files
) -> None:
    account = make_account("nxcloud", recording_hosts=f"{files.url}+private")
    body = sample("nxcloud", "call-result__document") | {"recordFile": f"{files.url}/a.mp3"}
    files.files["/a.mp3"] = TONE

    deliver(account, "call-result", body)
    fetch()

    assert Sound.objects.get().state == SoundState.STORED


def test_all_three_tracks_of_voicepush_are_fetched(
    make_account: Callable[..., VendorAccount], deliver: Callable[..., list[Call]], files: Files
) -> None:
    account = make_account("voicepush", recording_hosts=f"{files.url}+private")
    body = sample("voicepush", "recording__three_tracks")
    for key in ("audioRecordUrl", "audioRecordLeftUrl", "audioRecordRightUrl"):
        body[key] = f"{files.url}/{key}"
        files.files[f"/{key}"] = TONE

    deliver(account, "recording", body)
    fetch()

    rows = Sound.objects.order_by("recording__track")
    assert [(one.recording.track, one.state) for one in rows if one.recording] == [
        ("left", "stored"),
        ("mixed", "stored"),
        ("right", "stored"),
    ]


@pytest.fixture
def fee(
    make_account: Callable[..., VendorAccount], deliver: Callable[..., list[Call]], files: Files
) -> Callable[..., Sound]:
    def make(url: str, **changes: Any) -> Sound:
        account = make_account(
            "huawei",
            app_key="key",
            app_secret="secret",
            base_url=url,
            recording_hosts=f"{url}+private,{files.url}+private",
        )
        body = sample("huawei", "fee__callback")
        record = body["feeLst"][0]
        for key in ("recordObjectName", "recordDomain", "recordFileDownloadUrl"):
            record.pop(key, None)
        record |= {"recordFlag": 1, **changes}
        deliver(account, "fee", body)
        return Sound.objects.get()

    return make


def test_a_huawei_recording_is_asked_for_and_fetched_without_our_headers(
    fee: Callable[..., Sound],
) -> None:
    with Platform(apps={"key": "secret"}) as platform:
        platform.keep_recording("one.wav", "ostor.huawei.example", TONE)
        sound = fee(platform.url, recordObjectName="one.wav", recordDomain="ostor.huawei.example")

        fetch()

        assert after(sound).state == SoundState.STORED, sound.problem
        assert stored(sound) == TONE


def test_a_huawei_address_is_used_where_there_is_no_object(
    fee: Callable[..., Sound], files: Files
) -> None:
    files.files["/direct.wav"] = TONE
    sound = fee(files.url, recordFileDownloadUrl=f"{files.url}/direct.wav?signature=secret")

    fetch()

    assert after(sound).state == SoundState.STORED
    assert "x-aksk" not in files.asked[0][1]


def test_a_huawei_record_that_is_not_there_yet_waits(fee: Callable[..., Sound]) -> None:
    with Platform(apps={"key": "secret"}) as platform:
        sound = fee(platform.url, recordObjectName="none.wav", recordDomain="ostor.huawei.example")

        fetch()

    assert after(sound).state == SoundState.WAITING
    assert "1012007" in sound.problem


def test_a_flagged_call_without_a_name_is_expected_and_missing(fee: Callable[..., Sound]) -> None:
    sound = fee("http://platform.example")

    assert sound.state == SoundState.MISSING
    assert sound.recording is None
    assert sound.deadline_at is not None


def test_what_was_missing_is_fetched_when_it_is_announced(
    fee: Callable[..., Sound], deliver: Callable[..., list[Call]], files: Files
) -> None:
    files.files["/direct.wav"] = TONE
    sound = fee(files.url)
    body = sample("huawei", "fee__callback")
    body["feeLst"][0] |= {
        "recordFlag": 1,
        "recordObjectName": "",
        "recordFileDownloadUrl": f"{files.url}/direct.wav",
    }

    deliver(VendorAccount.objects.get(), "fee", body)
    fetch()

    assert after(sound).state == SoundState.STORED
    assert Sound.objects.count() == 1


def test_processing_the_push_again_makes_no_second_row(announce: Callable[..., Sound]) -> None:
    from vendors.models import Push

    announce()

    inbox.put_back(Push.objects.all())
    while inbox.process():
        pass

    assert Sound.objects.count() == Recording.objects.count() == 1


# Faults.


@pytest.mark.parametrize(
    ("play", "words"),
    [
        (page, "HTML"),
        (nothing, "nothing"),
        (broken, "503"),
        (half, "bytes"),
    ],
)
def test_a_bad_answer_is_said_and_made_good_later(
    play: Callable[..., None], words: str, announce: Callable[..., Sound], files: Files
) -> None:
    sound = announce()
    files.files[PATH] = TONE
    files.plays[PATH] = [play]

    fetch()
    before = (after(sound).state, sound.problem, sound.name)
    fetch()

    assert before[0] == SoundState.WAITING
    assert words in before[1]
    assert before[2] == ""
    assert after(sound).state == SoundState.STORED
    assert stored(sound) == TONE
    assert sound.problem == ""


def test_a_fetch_that_broke_off_is_resumed_with_a_range(
    announce: Callable[..., Sound], files: Files
) -> None:
    sound = announce()
    files.files[PATH] = TONE
    files.plays[PATH] = [half]

    fetch()
    fetch()

    assert after(sound).state == SoundState.STORED
    assert files.asked[1][1]["range"] == f"bytes={len(TONE) // 2}-"


def test_not_found_early_is_not_yet_and_late_is_gone(
    announce: Callable[..., Sound], files: Files
) -> None:
    sound = announce()

    fetch()
    early = after(sound).state
    Sound.objects.update(deadline_at=timezone.now())
    fetch()

    assert early == SoundState.WAITING
    assert after(sound).state == SoundState.GONE
    assert "404" in sound.problem


def test_waits_grow(announce: Callable[..., Sound], files: Files) -> None:
    sound = announce()
    waits = []
    for _ in range(4):
        fetch()
        at = after(sound).next_try_at
        assert at is not None
        waits.append(at - timezone.now())

    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]


def test_a_file_of_another_size_than_announced_is_kept_only_when_it_comes_twice(
    announce: Callable[..., Sound], files: Files
) -> None:
    sound = announce(size=len(TONE) + 7)
    files.files[PATH] = TONE

    fetch()
    first = (after(sound).state, sound.name)
    fetch()

    assert first == (SoundState.WAITING, "")
    assert after(sound).state == SoundState.STORED
    assert str(len(TONE) + 7) in sound.problem


def test_a_host_that_is_not_on_the_list_is_refused_and_named(
    announce: Callable[..., Sound], files: Files
) -> None:
    sound = announce(url="http://elsewhere.example:81/one.wav?token=secret")

    fetch()

    assert after(sound).state == SoundState.REFUSED
    assert "elsewhere.example" in sound.problem
    assert "secret" not in sound.problem
    assert files.asked == []


def test_a_private_address_is_refused_unless_the_list_says_so(
    announce: Callable[..., Sound], files: Files
) -> None:
    sound = announce()
    account = VendorAccount.objects.get()
    accounts.configure(account, {"recording_hosts": ""})
    files.files[PATH] = TONE

    fetch()

    assert after(sound).state == SoundState.REFUSED
    assert files.asked == []


def test_what_was_refused_is_fetched_again_after_the_list_was_mended(
    announce: Callable[..., Sound], files: Files
) -> None:
    sound = announce()
    account = VendorAccount.objects.get()
    accounts.configure(account, {"recording_hosts": ""})
    files.files[PATH] = TONE
    fetch()
    accounts.configure(account, {"recording_hosts": f"{files.url}+private"})

    assert recordings.fetch_again(Sound.objects.all()) == 1
    fetch()

    assert after(sound).state == SoundState.STORED


def test_a_storage_that_is_away_costs_a_try_and_no_file(
    announce: Callable[..., Sound], files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = announce()
    files.files[PATH] = TONE
    storage = storages["recordings"]

    def full(*args: Any, **options: Any) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(type(storage), "save", full)
        fetch()
        state, problem = after(sound).state, sound.problem
    fetch()

    assert state == SoundState.WAITING
    assert "No space left" in problem
    assert after(sound).state == SoundState.STORED


def test_a_worker_that_died_is_taken_over(announce: Callable[..., Sound], files: Files) -> None:
    sound = announce()
    files.files[PATH] = TONE
    assert fetching.claim() is not None
    Sound.objects.update(claimed_at=timezone.now() - timedelta(minutes=3))

    assert fetching.take_back() == 1
    fetch()

    assert after(sound).state == SoundState.STORED


def test_one_that_was_taken_over_stores_nothing(
    announce: Callable[..., Sound], files: Files
) -> None:
    sound = announce()
    files.files[PATH] = TONE
    slow = fetching.claim()
    assert slow is not None
    Sound.objects.update(attempts=5)

    fetching.fetch(slow)

    assert after(sound).state == SoundState.FETCHING
    assert sound.name == ""


def test_one_dead_host_does_not_keep_others_waiting(announce: Callable[..., Sound]) -> None:
    sound = announce()
    call = sound.call
    for number in range(10):
        row = Recording.objects.create(
            call=call, key=f"k{number}", track="mixed", address="http://dead.example/", push_id=1
        )
        Sound.objects.create(
            call=call,
            recording=row,
            state=SoundState.WAITING,
            next_try_at=timezone.now() - timedelta(hours=1),
            host="dead.example",
        )

    claimed = [fetching.claim() for _ in range(fetching.MOST_PER_HOST + 1)]

    assert [one.host for one in claimed if one] == [
        *["dead.example"] * fetching.MOST_PER_HOST,
        sound.host,
    ]


def test_a_missing_recording_is_gone_in_the_end(fee: Callable[..., Sound]) -> None:
    sound = fee("http://platform.example")

    with time_machine.travel(datetime.now(UTC) + timedelta(days=8)):
        recordings.close_missing()

    assert after(sound).state == SoundState.GONE


def test_a_fetch_killed_anywhere_leaves_nothing_half_stored(
    announce: Callable[..., Sound],
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
) -> None:
    monkeypatch.setattr(fetching, "ABANDONED_AFTER", timedelta(0))
    files.files[PATH] = TONE
    sound = announce()
    folder = Path(django_settings.DATA_DIR) / "recordings"
    others = set(folder.rglob("*.wav"))

    with kills.Courier("vendors.fetching.fetch_due") as courier:
        steps = list(range(1, courier.lines()))
        if not pytestconfig.getoption("--every-line"):
            steps = Random(1).sample(steps, 12)  # noqa: S311 - any will do
        killed = 0
        for step in steps:
            again(sound)
            killed += courier.die_at(step)
            is_said = after(sound).state == SoundState.STORED
            kept = [path.read_bytes() for path in set(folder.rglob("*.wav")) - others]
            assert all(one == TONE for one in kept), step
            assert not is_said or (sound.name and stored(sound) == TONE), step
            fetching.take_back()
            fetch()
            assert after(sound).state == SoundState.STORED, (step, sound.problem)
            assert stored(sound) == TONE, step

    print(f"{killed} kills")  # noqa: T201
    assert killed > len(steps) / 2
    assert not has_part(sound)


def again(sound: Sound) -> None:
    """Forget that it was ever fetched."""
    if after(sound).name:
        storages["recordings"].delete(sound.name)
    Sound.objects.filter(pk=sound.pk).update(
        state=SoundState.WAITING, name="", sha256="", problem="", next_try_at=timezone.now()
    )


# Listening.


def test_a_stored_recording_gets_its_waveform_and_a_copy_that_browsers_play(
    announce: Callable[..., Sound], files: Files
) -> None:
    sound = announce()
    files.files[PATH] = TONE
    fetch()

    listening.listen_all()

    assert after(sound).peaks
    with storages["recordings"].open(sound.playable_name) as file:
        head = io.BytesIO(file.read()).getvalue()[:24]
    assert head[:4] == b"RIFF"
    assert head[20:22] == b"\x01\x00"  # PCM
