"""How many pushes of an account are let in: an account's own limit, in this web process.

A bucket of tokens an account: it fills at the account's rate and holds what comes in one second.
"""

import threading
import time

TOLD_EVERY = 1.0  # seconds: a storm leaves a trace, and not a trace for each of its pushes


class Turnstiles:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[int, tuple[float, float]] = {}  # by account: how many, and when
        self._told: dict[int, float] = {}

    def lets_in(self, account_id: int, per_second: int) -> bool:
        now = time.monotonic()
        with self._lock:
            tokens, at = self._tokens.get(account_id, (float(per_second), now))
            tokens = min(per_second, tokens + (now - at) * per_second)
            is_let_in = tokens >= 1
            self._tokens[account_id] = tokens - is_let_in, now
            return is_let_in

    def is_to_be_told(self, account_id: int) -> bool:
        """Whether this refusal is to leave a trace; every one is counted."""
        now = time.monotonic()
        with self._lock:
            if now - self._told.get(account_id, -TOLD_EVERY) < TOLD_EVERY:
                return False
            self._told[account_id] = now
            return True

    def forget(self) -> None:
        with self._lock:
            self._tokens, self._told = {}, {}


turnstiles = Turnstiles()
