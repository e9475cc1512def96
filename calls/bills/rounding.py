"""By which rounding a billed duration comes of how long people talked."""

from collections.abc import Sequence

UNITS = (1, 6, 30, 60)  # seconds, of which every started one is billed
LEGS = (1, 2)


def roundings(seconds: int, billed: int) -> list[tuple[int, int]]:
    """Unit and number of legs of each rounding that explains it, the plainest first."""
    return [
        (unit, legs)
        for legs in LEGS
        for unit in UNITS
        if legs * -(-seconds // unit) * unit == billed and billed
    ]


def in_sql(seconds: str, billed: str) -> str:
    """A condition: some rounding explains it. Both are whole numbers that are not negative."""
    return f"{billed} IN ({', '.join(_each(seconds))})"


def _each(seconds: str) -> Sequence[str]:
    return [
        f"{legs} * (({seconds} + {unit - 1}) / {unit}) * {unit}" for legs in LEGS for unit in UNITS
    ]
