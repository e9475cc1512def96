"""Fetching recordings, against curl on the same files from the same server."""

import http.server
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.benchmarks.report import Row, say
from tests.benchmarks.stage import PATIENCE, Stage, StageError

FILES, BYTES = 1_000, 200_000
BIG = 200_000_000
COURIERS, AT_ONCE = 2, 4  # as many at a time as the portal asks of one host
REDIS = 5


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A server of the files in a folder, on the loopback."""
    handler = partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def fetching(stage: Stage, rounds: int) -> list[Row]:
    """A thousand recordings by two couriers and by curl in turns, and one of 200 MB."""
    folder = stage.folder / "served"
    folder.mkdir()
    _fill(folder)
    portal, curl = [], []
    with served(folder) as url:
        for number in range(1, rounds + 1):
            portal.append(_by_couriers(stage, url))
            curl.append(_by_curl(url, stage.folder / "curled"))
            say(f"fetching {number}: portal {portal[-1]:,.0f}/s, curl {curl[-1]:,.0f}/s")
        grown = float(stage.run("-m", "tests.benchmarks.fetching", f"{url}/big.wav"))
    stage.empty()
    ratios = [ours / theirs for ours, theirs in zip(portal, curl, strict=True)]
    return [
        Row(what="fetching: portal, recordings/s", rounds=portal),
        Row(what="fetching: curl, files/s", rounds=curl),
        Row(what="fetching: portal / curl", rounds=ratios, digits=2),
        Row(what="fetching: memory grown by a file of 200 MB, MB", rounds=[grown], digits=1),
    ]


def _fill(folder: Path) -> None:
    from vendors.simulator.huawei_platform.sound import recording

    sound = recording(3)[64:]  # past the header
    for number in range(FILES):
        (folder / f"{number}.wav").write_bytes(_wav(sound, BYTES))
    (folder / "big.wav").write_bytes(_wav(sound, BIG))


def _wav(sound: bytes, size: int) -> bytes:
    """A WAV of so many bytes in all, A-law, one channel, 8 kHz."""
    length = size - 44
    head = b"RIFF" + (size - 8).to_bytes(4, "little") + b"WAVEfmt \x10\x00\x00\x00"
    head += b"\x06\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data"
    head += length.to_bytes(4, "little")
    return head + (sound * (length // len(sound) + 1))[:length]


def _by_couriers(stage: Stage, url: str) -> float:
    stage.database.execute("TRUNCATE calls_call RESTART IDENTITY CASCADE")
    stage.run("-m", "tests.benchmarks.announced", url, str(FILES))
    with ExitStack() as stack:
        for _ in range(COURIERS):
            stack.enter_context(stage.courier(redis_number=REDIS))
        began = time.perf_counter()
        stage.database.execute("UPDATE calls_sound SET next_try_at = now()")
        stage.ring("vendors.tasks.fetch_recordings", times=AT_ONCE, redis_number=REDIS)
        _await_stored(stage)
        return FILES / (time.perf_counter() - began)


def _await_stored(stage: Stage) -> None:
    left, moved_at = -1, time.monotonic()
    while True:
        row = stage.database.execute(
            "SELECT count(*) FROM calls_sound WHERE state <> 'stored'"
        ).fetchone()
        now_left = int(str(row[0])) if row else 0
        if not now_left:
            return
        if now_left != left:
            left, moved_at = now_left, time.monotonic()
        if time.monotonic() - moved_at > PATIENCE:
            raise StageError(f"{now_left} recordings wait, and nothing moved.")
        time.sleep(0.05)


def _by_curl(url: str, folder: Path) -> float:
    curl = shutil.which("curl")
    if curl is None:
        raise StageError("curl is not installed.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    names = "\n".join(f"{number}.wav" for number in range(FILES))
    words = [curl, "--silent", "--fail", "--output", f"{folder}/{{}}", f"{url}/{{}}"]
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own words
        ["xargs", "-P", str(AT_ONCE), "-I", "{}", *words],  # noqa: S607
        input=names,
        text=True,
        check=True,
    )
    return FILES / (time.perf_counter() - began)


def main(url: str) -> None:
    """Download one big file; print by how many megabytes the process grew."""
    from vendors.downloading.download import download
    from vendors.downloading.hosts import Host

    origin = url.rpartition("/")[0]
    hosts = [Host.of(f"{origin}+private")]
    with tempfile.TemporaryFile("w+b") as file:
        download(f"{origin}/0.wav", hosts=hosts, file=file)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        download(url, hosts=hosts, file=file)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    sys.stdout.write(f"{grown:.2f}")


if __name__ == "__main__":
    main(sys.argv[1])
