"""How long acknowledgements take: counted in buckets, of which p50 and p99 are read.

Plain Python.
"""

from bisect import bisect_left
from collections.abc import Sequence

# Upper ends in seconds. The last bucket, for what took longer than a vendor waits, has none.
BOUNDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0)
COLUMNS = (*(f"ms_{round(bound * 1000)}" for bound in BOUNDS), "slower")


def bucket(seconds: float) -> int:
    """Which bucket a time falls into."""
    return bisect_left(BOUNDS, seconds)


def quantile(counts: Sequence[int], share: float) -> float | None:
    """The time within which this share was acknowledged, in seconds: as far into its bucket as its
    place among those that are in it. None where there is none; infinite beyond the last bound."""
    total = sum(counts)
    if not total:
        return None
    place, below = share * total, 0
    for count, low, high in zip(counts, (0.0, *BOUNDS), BOUNDS, strict=False):
        if count and below + count >= place:
            return low + (high - low) * (place - below) / count
        below += count
    return float("inf")
