"""Mutates a push as a push: most changes of its bytes only stop it from being JSON at all."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.vendors.adapters.test_hostile import VALUES, anything, fields, replaced

Mutate = Callable[[bytes, int], bytes]
_TEXTS = list(VALUES.values())


def mutator(mutate: Mutate, has_first_line: bool) -> Callable[[bytes, int, int], bytes]:
    """A mutator for libFuzzer; ``mutate`` is its own, for bytes."""

    def change(body: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)  # noqa: S311 - the same change for the same seed
        first, mark, rest = body.partition(b"\n") if has_first_line else (b"", b"", body)
        if random.random() < 0.3 or (changed := _changed(rest, random)) is None:
            return mutate(body, most)
        together = first + mark + changed
        return together if len(together) <= most else mutate(body, most)

    return change


def _changed(body: bytes, random: Random) -> bytes | None:
    """The push with one field that holds something odd, is gone or stands twice; None where it is
    no push."""
    try:
        push = json.loads(body)
        paths = fields(push)
    except (ValueError, RecursionError):
        return None
    if not paths:
        return None
    path = random.choice(paths)
    match random.randrange(4):
        case 0:
            return replaced(push, path, random.choice(_TEXTS))
        case 1:
            return replaced(push, path, json.dumps(anything(random)))
        case 2:
            return replaced(push, path, json.dumps(_at(push, random.choice(paths))))
        case _:
            holder = _at(push, path[:-1])
            holder[f"{path[-1]}{random.choice(('', '2', ' '))}"] = holder.pop(path[-1])
            return json.dumps(push).encode()


def _at(push: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        push = push[key]
    return push
