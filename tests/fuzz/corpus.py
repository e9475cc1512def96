"""The inputs that every target begins with: the samples, and what earlier runs found worth keeping.

``tests/fuzz/corpus/<target>/`` holds a few small files each, named by their digest; one that begins
with ``finding-`` broke a promise once, and must not again.
"""

from pathlib import Path

from tests.fuzz.targets import TARGETS
from vendors.registry import VENDORS

CORPUS = Path(__file__).parent / "corpus"
ADAPTERS = Path(__file__).parents[2] / "vendors" / "adapters"
ADDRESSES = (
    "https://voice.example/a/b.mp3?x=1",
    "http://127.0.0.1:8080/",
    "http://[::ffff:7f00:1]/",
    "https://中文.example:443/%E4%B8%AD?q=中",
    "http://0x7f.1/",
    "//evil.example@a/",
)
SEARCHES = (
    "vendor:yeta outcome:busy from:2026-11-01 to:2026-11-30",
    '-vendor:huawei number:13100001111 "two words" talk:>60',
    "code:q850/17 user_data:{a} 中文",
)


def samples(vendor: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((ADAPTERS / vendor / "samples").glob("*.json"))]


def seeds(name: str) -> list[bytes]:
    """What a target begins with, without what was kept."""
    if name in VENDORS:
        return samples(name)
    if name == "edge":
        return [
            f"POST {vendor.key} {kind.key}\n".encode() + body
            for vendor in VENDORS.values()
            for kind in vendor.kinds
            for body in samples(vendor.key)[:2]
        ] + [b"GET yeta receiveVoice\n", b"POST x y CONTENT_TYPE=a ?=a=1\n{}"]
    return [one.encode() for one in (ADDRESSES if name == "address" else SEARCHES)]


def kept(name: str) -> dict[str, bytes]:
    """What earlier runs found worth keeping, by the name of its file."""
    return {path.name: path.read_bytes() for path in sorted((CORPUS / name).glob("*"))}


def inputs() -> list[tuple[str, str, bytes]]:
    """(target, name, bytes) of everything that there is to replay."""
    return [
        (name, which, body)
        for name in TARGETS
        for which, body in [
            *((f"seed {at}", seed) for at, seed in enumerate(seeds(name))),
            *kept(name).items(),
        ]
    ]
