"""Nothing that was ever found breaks its promise again; and fuzzing itself runs."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import corpus, mutating
from tests.fuzz.targets import NOT_PLAIN, TARGETS, make_ready
from vendors.registry import VENDORS

PLAIN = sorted(TARGETS.keys() - NOT_PLAIN)
MOST_BYTES = 500_000


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_kept_keeps_the_promise(name: str) -> None:
    for body in [*corpus.seeds(name), *corpus.kept(name).values()]:
        TARGETS[name](body)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(NOT_PLAIN))
def test_what_is_kept_keeps_the_promise_of_the_portal(name: str) -> None:
    make_ready(name)

    for body in [*corpus.seeds(name), *corpus.kept(name).values()]:
        TARGETS[name](body)


@pytest.mark.parametrize("vendor", VENDORS)
def test_pushes_that_were_changed_as_pushes_keep_the_promise(vendor: str) -> None:
    change = mutating.mutator(lambda body, _: body[::-1], has_first_line=False)
    random = Random(vendor)  # noqa: S311 - the same inputs every time
    for body in corpus.seeds(vendor):
        for _ in range(100):
            body = change(body, 16_384, random.getrandbits(32))
            TARGETS[vendor](body)


def test_the_corpus_is_small() -> None:
    sizes = [path.stat().st_size for path in corpus.CORPUS.rglob("*") if path.is_file()]

    assert sum(sizes) <= MOST_BYTES


def test_a_target_is_fuzzed_led_by_coverage(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    begin = tmp_path / "inputs"
    begin.mkdir()
    for at, seed in enumerate(corpus.seeds("nxcloud")):
        (begin / str(at)).write_bytes(seed)

    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.fuzz", "nxcloud", str(begin), "-runs=500", "-seed=1"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert b"Done 500 runs" in done.stderr
