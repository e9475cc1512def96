"""Files of missed pushes, and what importing them comes to."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import translation

from tests import emptying
from tests.conftest import sample
from vendors import inbox
from vendors.imports import asking, keeping, working
from vendors.models import Import, VendorAccount

Found = dict[str, int]
Drop = Callable[..., Import]
State = Import.State


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def kept_nowhere_afterwards() -> Iterator[None]:
    """Ids begin anew with each test: files would be found by the next."""
    yield
    emptying.empty_storage(keeping.STORAGE)


@pytest.fixture
def account(make_account: Callable[..., VendorAccount]) -> VendorAccount:
    return make_account("yeta")


@pytest.fixture
def drop(account: VendorAccount) -> Drop:
    """Drop a file, and have it looked through."""

    def drop(content: bytes, name: str = "failed.zip", of: VendorAccount | None = None) -> Import:
        job = asking.take(of or account, ContentFile(content, name), name, None)
        working.work(lambda: False)
        return again(job)

    return drop


@pytest.fixture
def take(drop: Drop) -> Drop:
    """Drop a file, confirm it, and have it imported and processed."""

    def take(content: bytes, name: str = "failed.zip", of: VendorAccount | None = None) -> Import:
        job = drop(content, name, of)
        assert (job.state, job.problem) == (State.READY, "")
        return finish(job)

    return take


def finish(job: Import) -> Import:
    assert asking.confirm(job, None)
    working.work(lambda: False)
    while inbox.process():
        pass
    return again(job)


def again(job: Import) -> Import:
    job.refresh_from_db()
    return job


def record(call: str = "a", **values: Any) -> dict[str, Any]:
    return sample("yeta", "receiveCallRecord__document") | {"call_uuid": call} | values


def envelope(data: Any, module: str = "receiveCallRecord", **more: Any) -> str:
    """A line of Yeta's file of failed pushes."""
    told = {"data": data, "module": module, "retryTimes": 4, "timestamp": 1543917600000}
    return json.dumps(told | more, ensure_ascii=False)


def lines(*texts: str, encoding: str = "utf-8") -> bytes:
    return "\n".join(texts).encode(encoding)


class _Gbk(zipfile.ZipInfo):
    """A file whose name is written as Chinese Windows does: in GBK, and not marked."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the library's name
        return self.filename.encode("gbk"), self.flag_bits


def zipped(files: dict[str, bytes], kind: type[zipfile.ZipInfo] = zipfile.ZipInfo) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = kind(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return made.getvalue()


def zipped_by_windows(files: dict[str, bytes]) -> bytes:
    return zipped(files, _Gbk)
