"""Where recordings, exports and bills are kept: a folder, or a bucket of an S3-compatible server;
sealed if wished.

``storages["recordings"]`` is one of these, by the settings RECORDINGS_URL and RECORDINGS_KEY, and
``storages["exports"]`` and ``storages["bills"]`` by EXPORTS_URL, BILLS_URL and the same key. All
take and give files of any size in constant memory. ``open`` gives a file that may be sought, and
reads little more than what is asked of it; ``size`` is the plain size. Whatever goes wrong is an
OSError with a sentence: FileNotFoundError, ConnectionError when the server does not answer,
UnsealError when a sealed file does not open.
"""

import io
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from callportal import sealing

PIECE = 64 * 1024
# What one request to a bucket asks for at most, and what one part of an upload holds: S3's least.
MOST_AHEAD = 2 * 1024 * 1024
PART = 5 * 1024 * 1024


class RecordingStorage(Storage):
    """What all have in common: a file is opened for reading alone, and has no address."""

    def raw(self, name: str) -> io.RawIOBase:
        """The file without a buffer around it."""
        raise NotImplementedError

    def replace(self, name: str, content: "File[bytes]") -> None:
        """Put a file in the place of the one of this name, which is there until the new one is."""
        cast(Any, self)._save(name, content)

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        if mode != "rb":
            raise ValueError(
                f'A recording is opened with "rb" and written by save(), not "{mode}".'
            )
        return File(cast(IO[bytes], io.BufferedReader(self.raw(name), PIECE)), name)

    def url(self, name: str | None) -> str:
        raise ValueError("A recording has no address of its own: it is played by the portal.")


class DiskStorage(RecordingStorage, FileSystemStorage):
    """A folder that only we may enter. A file is there whole or not at all, also after a power cut.

    What a killed save leaves is a file whose name begins with a point and ends with ``.part``.
    """

    def raw(self, name: str) -> io.RawIOBase:
        return Path(self.path(name)).open("rb", buffering=0)

    def _save(self, name: str, content: "File[bytes]") -> str:
        path = Path(self.path(name))
        _make(path.parent)
        unfinished = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                for piece in content.chunks():
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync(path.parent)
        return name


def _make(folder: Path) -> None:
    """The folder and those above it. Python gives the mode to the innermost alone."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        with suppress(FileExistsError):
            missing.mkdir(mode=0o700)
        _sync(missing.parent)


def _sync(folder: Path) -> None:
    """A new name survives a power cut only when its folder was written too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class BucketStorage(RecordingStorage):
    """A bucket, through django-storages; reading is ours, as its files are downloaded whole."""

    def __init__(
        self,
        *,
        endpoint_url: str,
        addressing_style: str,
        setting: str = "RECORDINGS_URL",
        **options: Any,
    ) -> None:
        # Half a second of imports, which a portal on the disk need not wait for.
        from botocore.config import Config
        from storages.backends.s3 import S3Storage

        self._server = endpoint_url
        self._setting = setting
        self._s3 = S3Storage(
            endpoint_url=endpoint_url,
            client_config=Config(
                signature_version="s3v4",
                s3={"addressing_style": addressing_style},
                connect_timeout=3,
                read_timeout=10,
                retries={"mode": "standard", "total_max_attempts": 2},
                # Servers other than Amazon's often refuse the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
            default_acl=None,
            file_overwrite=False,
            querystring_auth=False,
            # Nothing of these from the environment, where boto3 and django-storages look for them.
            session_profile=None,
            security_token=None,
            **options,
        )

    def _save(self, name: str, content: "File[bytes]") -> str:
        """By hand, as boto3 would hold two parts at a time, or twenty in its threads."""
        stream = io.BufferedReader(sealing.PieceReader(content.chunks()), PIECE)
        with self._explained(name):
            target = self._object(name)
            part = stream.read(PART)
            if len(part) < PART:
                target.put(Body=part)
                return name
            upload = target.initiate_multipart_upload()
            parts: list[dict[str, Any]] = []
            try:
                while part:
                    number = len(parts) + 1
                    kept = upload.Part(number).upload(Body=part)
                    parts.append({"PartNumber": number, "ETag": kept["ETag"]})
                    part = b""  # let it go before the next is read
                    part = stream.read(PART)
                upload.complete(MultipartUpload={"Parts": parts})
            except BaseException:
                upload.abort()
                raise
        return name

    def delete(self, name: str) -> None:
        with self._explained(name):
            self._s3.delete(name)

    def exists(self, name: str) -> bool:
        with self._explained(name):
            return bool(self._s3.exists(name))

    def size(self, name: str) -> int:
        with self._explained(name):
            return int(self._s3.size(name))

    def raw(self, name: str) -> io.RawIOBase:
        with self._explained(name):
            found = self._s3.open(name).obj
        return _ObjectReader(self, name, int(found.content_length), found.e_tag)

    def range(self, name: str, tag: str, start: int, length: int) -> bytes:
        """Exactly these bytes of an object, if it still is the one with this tag."""
        asked = f"bytes={start}-{start + length - 1}"
        with self._explained(name):
            answer = self._object(name).get(Range=asked, IfMatch=tag)
            if answer["ContentLength"] != length:
                answer["Body"].close()
                raise OSError(f"{self._setting}: {self._server} does not give ranges of {name}.")
            return bytes(answer["Body"].read())

    def _object(self, name: str) -> Any:
        # Opened for writing, its file asks the server nothing, and writes nothing unless told to.
        return self._s3.open(name, "wb").obj

    @contextmanager
    def _explained(self, name: str | None) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in {"404", "NoSuchKey"}:
                raise FileNotFoundError(f"{name}: is not in the bucket.") from None
            raise OSError(
                f'{self._setting}: {self._server} refused {name} with "{code}".'
            ) from None
        except BotoCoreError as error:
            raise ConnectionError(
                f"{self._setting}: {self._server} does not answer ({type(error).__name__})."
            ) from None


class _ObjectReader(sealing.RangeReader):
    """An object in a bucket. A request that goes on where the last ended asks for twice as much."""

    def __init__(self, storage: BucketStorage, name: str, size: int, tag: str) -> None:
        super().__init__(size)
        self._storage = storage
        self._name = name
        self._tag = tag
        self._start = 0
        self._held = b""

    def fetch(self, start: int, length: int) -> memoryview:
        end = self._start + len(self._held)
        if not self._start <= start < end:
            ahead = min(2 * len(self._held), MOST_AHEAD) if start == end else 0
            wanted = min(max(ahead, min(length, MOST_AHEAD)), self._size - start)
            self._held = b""  # so that no two are held at a time
            self._held = self._storage.range(self._name, self._tag, start, wanted)
            self._start = start
        return memoryview(self._held)[start - self._start :][:length]


class SealedStorage(RecordingStorage):
    """Another storage, with everything in it sealed: see callportal.sealing for the format."""

    def __init__(self, *, inner: dict[str, Any], keys: Sequence[str]) -> None:
        self.inner = cast(RecordingStorage, storages.create_storage(inner))
        self._keys = keys

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        plain = content if isinstance(content, File) else File(content, name)
        sealed = sealing.PieceReader(sealing.seal(plain.chunks(), self._keys[0]))
        file = File(cast(IO[bytes], io.BufferedReader(sealed, PIECE)), name or plain.name)
        return self.inner.save(name, file, max_length)

    def delete(self, name: str) -> None:
        self.inner.delete(name)

    def exists(self, name: str) -> bool:
        return self.inner.exists(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return self.inner.listdir(path)

    def size(self, name: str) -> int:
        return sealing.plain_size(self.inner.size(name), name)

    def raw(self, name: str) -> io.RawIOBase:
        sealed = self.inner.raw(name)
        try:
            return sealing.UnsealedReader(sealed, self._keys, name)
        except OSError:
            sealed.close()
            raise
