"""Where recordings are kept: a folder or a bucket, over real HTTP, each plain and sealed."""

import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import wave
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import botocore.loaders
import pytest
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from callportal import environment
from callportal.sealing import CHUNK, HEADER, TAG, UnsealError
from callportal.storages import BucketStorage, RecordingStorage
from tests.callportal.test_settings import start

ROOT = Path(__file__).parents[2]
KEYS = [urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2)]
CONTENT = bytes(range(256)) * 1024 * 3  # 768 KiB: twelve chunks
MEGABYTE = 1024 * 1024

Spec = dict[str, Any]

# What AWS's services are like is read from files of megabytes: once is enough.
botocore.loaders.create_loader = cache(botocore.loaders.create_loader)


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedMotoServer]:
    moto = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    moto.start()
    yield moto
    moto.stop()


@pytest.fixture
def bucket(server: ThreadedMotoServer) -> str:
    """The address of a new bucket."""
    host, port = server.get_host_and_port()
    name = f"recordings-{uuid4().hex}"
    boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    ).create_bucket(Bucket=name)
    return f"s3://key:secret@{host}:{port}/{name}/kept/here?tls=false"


def at(address: str, *keys: str) -> Spec:
    """The entry of STORAGES that the settings make of this address and these keys."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECORDINGS_URL", address)
        spec = environment.storage("RECORDINGS_URL", Path("/nowhere"))
    options = {"inner": spec, "keys": keys}
    sealed = {"BACKEND": "callportal.storages.SealedStorage", "OPTIONS": options}
    return sealed if keys else spec


def made(spec: Spec) -> RecordingStorage:
    storage = storages.create_storage(spec)
    assert isinstance(storage, RecordingStorage)
    return storage


@pytest.fixture(params=["disk", "disk, sealed", "bucket", "bucket, sealed"])
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> Spec:
    place, _, sealed = request.param.partition(", ")
    address = request.getfixturevalue("bucket") if place == "bucket" else tmp_path.as_uri()
    return at(address, *KEYS[: bool(sealed)])


@pytest.fixture
def storage(spec: Spec) -> RecordingStorage:
    return made(spec)


def read(storage: RecordingStorage, name: str) -> bytes:
    with storage.open(name) as file:
        content: bytes = file.read()
    return content


class Once(io.RawIOBase):
    """A download: it can be read once, and not be sought. It may break off."""

    def __init__(self, content: bytes, breaks_at: int | None = None) -> None:
        super().__init__()
        self._left = io.BytesIO(content[:breaks_at])
        self._breaks = breaks_at is not None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        count = self._left.readinto(buffer)
        if not count and self._breaks:
            raise ConnectionResetError("The vendor hung up.")
        return count


# What all of them owe.


def test_what_is_saved_is_there_and_comes_back(storage: RecordingStorage) -> None:
    name = storage.save("2026/05/a.wav", ContentFile(CONTENT))

    assert name == "2026/05/a.wav"
    assert storage.exists(name)
    assert storage.size(name) == len(CONTENT)
    with storage.open(name) as file:
        assert file.size == len(CONTENT)
        assert file.read() == CONTENT


@pytest.mark.parametrize("size", [0, 1, CHUNK, len(CONTENT)])
def test_a_download_is_saved_as_it_comes(storage: RecordingStorage, size: int) -> None:
    name = storage.save("a.wav", io.BufferedReader(Once(CONTENT[:size])))

    with storage.open(name) as file:
        assert b"".join(file.chunks()) == CONTENT[:size]


@pytest.mark.parametrize("size", [100, 6 * MEGABYTE])
def test_a_download_that_breaks_off_leaves_nothing(storage: RecordingStorage, size: int) -> None:
    with pytest.raises(ConnectionResetError):
        storage.save("a.wav", File(io.BufferedReader(Once(bytes(7 * MEGABYTE), size))))

    assert not storage.exists("a.wav")


@pytest.mark.parametrize(
    ("place", "length"),
    [(0, 1), (0, len(CONTENT)), (CHUNK - 1, 2), (300_000, 200_000), (len(CONTENT) - 5, 50)],
)
def test_any_range_can_be_read(storage: RecordingStorage, place: int, length: int) -> None:
    name = storage.save("a.wav", ContentFile(CONTENT))

    with storage.open(name) as file:
        file.seek(place)
        assert file.read(length) == CONTENT[place : place + length]
        assert file.seek(-7, io.SEEK_END) == len(CONTENT) - 7
        assert file.read() == CONTENT[-7:]


def test_a_wave_file_is_understood_where_it_lies(storage: RecordingStorage) -> None:
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setparams((2, 2, 8000, 0, "NONE", ""))
        sound.writeframes(CONTENT)
    name = storage.save("a.wav", ContentFile(written.getvalue()))

    with storage.open(name) as file, wave.open(file) as sound:
        sound.setpos(100_000)
        assert sound.getnframes() == len(CONTENT) // 4
        assert sound.readframes(10) == CONTENT[400_000:400_040]


def test_two_files_of_one_name_get_two_names(storage: RecordingStorage) -> None:
    first = storage.save("a.wav", ContentFile(b"first"))
    second = storage.save("a.wav", ContentFile(b"second"))

    assert first != second
    assert read(storage, first) == b"first"
    assert read(storage, second) == b"second"


def test_what_is_deleted_is_gone(storage: RecordingStorage) -> None:
    name = storage.save("a.wav", ContentFile(CONTENT))

    storage.delete(name)
    storage.delete(name)

    assert not storage.exists(name)


def test_a_missing_file_is_missing(storage: RecordingStorage) -> None:
    assert not storage.exists("a.wav")
    with pytest.raises(FileNotFoundError):
        storage.open("a.wav")
    with pytest.raises(FileNotFoundError):
        storage.size("a.wav")


def test_a_recording_has_no_address_and_is_not_opened_for_writing(
    storage: RecordingStorage,
) -> None:
    name = storage.save("a.wav", ContentFile(CONTENT))

    with pytest.raises(ValueError, match="played by the portal"):
        storage.url(name)
    with pytest.raises(ValueError, match=r"written by save\(\)"):
        storage.open(name, "wb")


def test_no_name_leads_out(storage: RecordingStorage) -> None:
    for attempt in (storage.open, storage.exists, storage.size, storage.delete):
        with pytest.raises(SuspiciousOperation):
            attempt("../../../a.wav")


# Sealed.


def test_what_is_stored_is_sealed_only_with_a_key(spec: Spec) -> None:
    name = made(spec).save("a.wav", ContentFile(CONTENT))

    stored = read(made(spec["OPTIONS"].get("inner", spec)), name)

    is_sealed = "inner" in spec["OPTIONS"]
    assert (CONTENT[:100] not in stored) is is_sealed
    assert len(stored) == len(CONTENT) + is_sealed * (HEADER.size + 12 * TAG)


def test_the_first_key_seals_and_all_open(tmp_path: Path) -> None:
    old, new = KEYS
    name = made(at(tmp_path.as_uri(), old)).save("old.wav", ContentFile(b"old"))

    rotated = made(at(tmp_path.as_uri(), new, old))
    rotated.save("new.wav", ContentFile(b"new"))

    assert read(rotated, name) == b"old"
    assert read(made(at(tmp_path.as_uri(), new)), "new.wav") == b"new"
    with pytest.raises(UnsealError, match=r"old\.wav: was sealed with key [0-9a-f]{16}, which"):
        made(at(tmp_path.as_uri(), new)).open(name)


def test_an_altered_file_is_not_played(tmp_path: Path) -> None:
    storage = made(at(tmp_path.as_uri(), KEYS[0]))
    name = storage.save("a.wav", ContentFile(CONTENT))
    with (tmp_path / name).open("r+b") as stored:
        stored.seek(300_000)
        stored.write(b"\0\0")

    with storage.open(name) as file:
        assert file.read(CHUNK) == CONTENT[:CHUNK]
        with pytest.raises(UnsealError, match=r"a\.wav: chunk 5 of 12 is not what was sealed"):
            file.read()


# On the disk.


def test_files_and_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    storage = made(at((tmp_path / "kept").as_uri()))
    mask = os.umask(0)
    try:
        storage.save("2026/05/a.wav", ContentFile(CONTENT))
    finally:
        os.umask(mask)

    modes = {
        str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode)
        for path in tmp_path.rglob("*")
    }
    assert modes == {
        "kept": 0o700,
        "kept/2026": 0o700,
        "kept/2026/05": 0o700,
        "kept/2026/05/a.wav": 0o600,
    }


def test_a_failed_save_leaves_no_trace_on_the_disk(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        made(at(tmp_path.as_uri())).save("a.wav", File(io.BufferedReader(Once(CONTENT, 100_000))))

    assert list(tmp_path.iterdir()) == []


SAVE_AND_DIE = """
import io, json, os, signal, sys
from django.core.files import File
from django.core.files.storage import storages

def die(*_): os.kill(os.getpid(), signal.SIGKILL)

class Content(io.BytesIO):
    def read(self, size=-1):
        if self.tell() > 300_000 and moment == "reading":
            die()
        return super().read(size)

spec, moment = json.loads(sys.argv[1]), sys.argv[2]
if moment == "fsync":
    os.fsync = die
if moment == "rename":
    os.replace = os.rename = die
storages.create_storage(spec).save("a.wav", File(Content(bytes(range(256)) * 3072)))
"""


@pytest.mark.parametrize("moment", ["reading", "fsync", "rename", "never"])
@pytest.mark.parametrize("keys", [[], KEYS[:1]])
def test_a_kill_leaves_no_half_file(tmp_path: Path, moment: str, keys: list[str]) -> None:
    spec = at(tmp_path.as_uri(), *keys)

    done = python(SAVE_AND_DIE, json.dumps(spec, default=str), moment)

    assert done.returncode == (0 if moment == "never" else -signal.SIGKILL)
    storage = made(spec)
    assert storage.exists("a.wav") is (moment == "never")
    assert storage.save("b.wav", ContentFile(CONTENT)) == "b.wav"
    if moment == "never":
        assert read(storage, "a.wav") == CONTENT


def python(script: str, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", script, *words],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "callportal.settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


# In a bucket.


def fetched(storage: RecordingStorage) -> list[int]:
    """How many bytes each answer of the server holds, from now on."""
    inner = getattr(storage, "inner", storage)
    assert isinstance(inner, BucketStorage)
    sizes: list[int] = []

    def count(parsed: dict[str, Any], **_: object) -> None:
        sizes.append(parsed["ContentLength"])

    inner._s3.connection.meta.client.meta.events.register("after-call.s3.GetObject", count)
    return sizes


def test_a_small_range_fetches_little(bucket: str) -> None:
    storage = made(at(bucket))
    name = storage.save("a.wav", ContentFile(CONTENT))
    sizes = fetched(storage)

    with storage.open(name) as file:
        file.seek(500_000)
        assert file.read(100) == CONTENT[500_000:500_100]

    assert sizes == [CHUNK]


def test_a_small_sealed_range_fetches_its_chunk(bucket: str) -> None:
    storage = made(at(bucket, KEYS[0]))
    name = storage.save("a.wav", ContentFile(CONTENT))
    sizes = fetched(storage)

    with storage.open(name) as file:
        file.seek(7 * CHUNK + 5)
        assert file.read(100) == CONTENT[7 * CHUNK + 5 : 7 * CHUNK + 105]

    assert sum(sizes) <= HEADER.size + 2 * (CHUNK + TAG)


@pytest.mark.parametrize("keys", [[], KEYS[:1]])
def test_reading_on_fetches_more_at_a_time_and_nothing_twice(bucket: str, keys: list[str]) -> None:
    storage = made(at(bucket, *keys))
    name = storage.save("a.wav", ContentFile(CONTENT))
    sizes = fetched(storage)

    with storage.open(name) as file:
        assert b"".join(file.chunks()) == CONTENT

    assert len(sizes) <= 6
    assert sum(sizes) == len(CONTENT) + len(keys) * (HEADER.size + 12 * TAG)


def test_an_object_that_was_replaced_is_not_mixed_with_the_new_one(bucket: str) -> None:
    storage = made(at(bucket))
    name = storage.save("a.wav", ContentFile(CONTENT))
    with storage.open(name) as file:
        file.read(10)
        storage.delete(name)
        storage.save(name, ContentFile(CONTENT[::-1]))

        with pytest.raises(OSError, match="PreconditionFailed"):
            file.read()


def test_an_upload_that_breaks_off_is_taken_back(bucket: str) -> None:
    storage = made(at(bucket))
    assert isinstance(storage, BucketStorage)

    with pytest.raises(ConnectionResetError):
        storage.save("a.wav", io.BufferedReader(Once(bytes(7 * MEGABYTE), 6 * MEGABYTE)))

    assert list(storage._s3.bucket.multipart_uploads.all()) == []


def test_a_bucket_that_is_not_there_is_refused_with_a_sentence(bucket: str) -> None:
    storage = made(at(bucket.replace("/recordings-", "/others-")))

    with pytest.raises(OSError, match=r'^RECORDINGS_URL: http://\S+ refused a\.wav with "NoSuch'):
        storage.save("a.wav", ContentFile(CONTENT))


@pytest.mark.parametrize("keys", [[], KEYS[:1]])
def test_a_server_that_is_away_is_said_so_soon(keys: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    storage = made(at(f"s3://key:hunter2@127.0.0.1:{port}/recordings?tls=false", *keys))
    began = time.monotonic()

    def save(name: str) -> str:
        return storage.save(name, ContentFile(CONTENT))

    for attempt in (storage.open, storage.exists, storage.size, storage.delete, save):
        with pytest.raises(ConnectionError) as raised:
            attempt("a.wav")
        assert str(raised.value) == (
            f"RECORDINGS_URL: http://127.0.0.1:{port} does not answer (EndpointConnectionError)."
        )
    assert time.monotonic() - began < 20


# Memory.

SAVE_AND_READ = """
import io, json, sys, tracemalloc
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import storages

class Zeros(io.RawIOBase):
    left = 50 * 1024 * 1024
    def readable(self): return True
    def readinto(self, buffer):
        count = min(len(buffer), self.left)
        buffer[:count] = bytes(count)
        self.left -= count
        return count

storage = storages.create_storage(json.loads(sys.argv[1]))
storage.open(storage.save("small", ContentFile(bytes(100)))).read()  # imports are not counted
tracemalloc.start()
name = storage.save("large", File(io.BufferedReader(Zeros())))
peaks = [tracemalloc.get_traced_memory()[1]]
tracemalloc.reset_peak()
with storage.open(name) as file:
    assert sum(len(piece) for piece in file.chunks()) == storage.size(name) == 50 * 1024 * 1024
print(*peaks, tracemalloc.get_traced_memory()[1])
"""


def test_fifty_megabytes_take_less_than_ten(spec: Spec) -> None:
    done = python(SAVE_AND_READ, json.dumps(spec, default=str))

    assert done.returncode == 0, done.stderr
    saving, reading = map(int, done.stdout.split())
    assert saving < 10 * MEGABYTE
    assert reading < 10 * MEGABYTE


# Settings.


def test_recordings_are_kept_in_the_data_folder_unless_said_otherwise(tmp_path: Path) -> None:
    assert environment.storage("RECORDINGS_URL", tmp_path / "recordings") == {
        "BACKEND": "callportal.storages.DiskStorage",
        "OPTIONS": {"location": tmp_path / "recordings"},
    }
    assert isinstance(storages["recordings"], RecordingStorage)


def test_key_and_secret_are_percent_decoded() -> None:
    spec = at("s3://a%2Fb:c%40d%3F@s3.example:9000/calls/kept/here?region=cn-north-4&style=virtual")

    assert spec["OPTIONS"] == {
        "endpoint_url": "https://s3.example:9000",
        "access_key": "a/b",
        "secret_key": "c@d?",
        "bucket_name": "calls",
        "location": "kept/here",
        "region_name": "cn-north-4",
        "addressing_style": "virtual",
        "setting": "RECORDINGS_URL",
    }


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("recordings", "expected file:///folder or s3://"),
        ("ftp://key:hunter2@host/bucket", 'an address of kind "ftp"'),
        ("file://recordings", 'an address of kind "file" without a folder'),
        ("file:///proc/recordings", "/proc/recordings cannot be made"),
        ("s3://host/bucket", "expected a key and a secret before the host"),
        ("s3://key:hunter2@/bucket", "expected the name of a server"),
        ("s3://key:hunter2@host", "expected the name of a bucket"),
        ("s3://key:hunter2@host/bucket/../other", "expected no empty part and no .."),
        ("s3://key:hunter2@host:99999/bucket", "is not a valid address; write /, ?, #, @"),
        ("s3://key:hunter/2@host/bucket", "is not a valid address; write /, ?, #, @"),
        ("s3://key:hunter2@host/bucket?tls=maybe", "expected nothing behind the bucket but"),
        ("s3://key:hunter2@host/bucket?acl=public", "expected nothing behind the bucket but"),
        ("s3://key:hunter2@host/bucket#part", "expected nothing behind the bucket but"),
    ],
)
def test_a_wrong_address_is_named_and_its_secret_is_not(address: str, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured) as raised:
        at(address)

    assert str(raised.value).startswith("RECORDINGS_URL: ")
    assert sentence in str(raised.value)
    assert "hunter" not in str(raised.value)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("RECORDINGS_URL", "ftp://host", "RECORDINGS_URL: expected file:///folder or s3://"),
        ("RECORDINGS_KEY", "secret", "RECORDINGS_KEY: expected 32 random bytes"),
        ("CREDENTIALS_KEY", KEYS[1], "RECORDINGS_KEY: must differ from CREDENTIALS_KEY"),
        ("SECRET_KEY", KEYS[1], "RECORDINGS_KEY: must differ from CREDENTIALS_KEY"),
    ],
)
def test_a_wrong_setting_stops_the_start_also_from_a_file(
    tmp_path: Path, setting: str, value: str, sentence: str
) -> None:
    (tmp_path / "given").write_text(f"{value}\n")
    (tmp_path / "keys").write_text(",".join(KEYS))
    files = {"RECORDINGS_KEY_FILE": "keys", f"{setting}_FILE": "given"}

    done = start(tmp_path, **{name: str(tmp_path / file) for name, file in files.items()})

    assert done.returncode != 0
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_with_a_key_recordings_are_sealed(tmp_path: Path) -> None:
    done = python(
        "from django.core.files.storage import storages; print(storages['recordings'])",
        DATA_DIR=str(tmp_path),
        RECORDINGS_KEY=KEYS[0],
    )

    assert "callportal.storages.SealedStorage" in done.stdout
