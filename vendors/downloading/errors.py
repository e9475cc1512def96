"""Why a recording was not downloaded, by what the catcher does about it.

The sentences name a host and a port at most: the path of a recording may hold telephone numbers,
and its query a signature.
"""


class DownloadError(Exception):
    """What every error of a download is."""


class ForbiddenAddressError(DownloadError):
    """Nothing was sent there, and nothing will be until an administrator edits the list.

    ``place`` is ``host:port``, empty where the address could not even be read. ``add`` is the word
    that would allow it, empty where none does.
    """

    def __init__(self, sentence: str, *, place: str = "", add: str = "") -> None:
        super().__init__(sentence)
        self.place = place
        self.add = add


class NotThereError(DownloadError):
    """The server has no such recording, or will not give it: 403, 404 or 410."""

    def __init__(self, place: str, status: int) -> None:
        super().__init__(f"{place}: expected a recording, got status {status}. It is not there.")
        self.status = status


class TryLaterError(DownloadError):
    """Nothing arrived, and the file is as it was. ``retry_after`` is in seconds, None where the
    server did not say; ``status`` is None where there was no answer."""

    def __init__(
        self, sentence: str, *, status: int | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after = retry_after


class BrokenOffError(DownloadError):
    """The file holds the first ``bytes_so_far`` bytes; with ``validator`` it can be resumed."""

    def __init__(self, sentence: str, *, bytes_so_far: int, validator: str) -> None:
        super().__init__(sentence)
        self.bytes_so_far = bytes_so_far
        self.validator = validator


class TooLargeError(DownloadError):
    """The recording is larger than ``limit`` bytes. What the file holds is of no use."""

    def __init__(self, place: str, limit: int) -> None:
        super().__init__(f"{place}: expected at most {limit} bytes, got more.")
        self.limit = limit


class WrongAnswerError(DownloadError):
    """An answer that makes no sense here. What the file holds is of no use."""
