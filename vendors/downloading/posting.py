"""A message to a server that an administrator named, over a connection that is checked like that of
a recording.

One request on a connection of its own. Redirects are not followed: a server that sends us elsewhere
has not taken the message. Of the answer, the status is read and nothing else.
"""

from contextlib import closing

from vendors.downloading import door
from vendors.downloading.connections import Network
from vendors.downloading.door import FAILURES, Headers, Patience
from vendors.downloading.errors import DownloadError, ForbiddenAddressError, TryLaterError
from vendors.downloading.hosts import Host
from vendors.downloading.locations import Location

PATIENCE = Patience(connect=5.0, read=10.0, whole=15.0)


def post(
    url: str,
    body: bytes,
    headers: Headers,
    *,
    may_be_private: bool = False,
    network: Network | None = None,
    patience: Patience = PATIENCE,
) -> int:
    """Post a body; the status of the answer. Only addresses of the open internet are connected to,
    and with ``may_be_private`` those of our own network.

    Raises ForbiddenAddressError, before anything is sent, or TryLaterError.
    """
    try:
        location = Location.of(url)
    except ValueError as error:
        raise ForbiddenAddressError(f"Address of the webhook: {error}.") from error
    host = Host(
        scheme=location.scheme,
        name=location.name,
        port=location.port,
        may_be_private=may_be_private,
    )
    sent = {"User-Agent": "callportal", "Content-Length": str(len(body)), **headers}
    try:
        opened = door.ask(
            "POST", location, host, sent, content=body, patience=patience, network=network
        )
    except FAILURES as error:
        raise _no_answer(location, error) from None
    with closing(opened):
        return int(opened.response.status)


def _no_answer(location: Location, error: Exception) -> DownloadError:
    reason = (str(error) or type(error).__name__)[:160]
    return TryLaterError(f"{location.place}: expected an answer, got {reason}.")
