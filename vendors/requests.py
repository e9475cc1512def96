"""What the edge reads off a request: the body with a limit, the headers."""

from django.http import HttpRequest

CHUNK = 64 * 1024


class TooLargeError(Exception):
    """The body is larger than we take."""


def read_body(request: HttpRequest, largest: int) -> bytes:
    """The body's bytes, counted as they are read. Raises TooLargeError.

    A chunked body has no length in advance. The server marks the end of its stream then, and the
    stream is read past Django, which takes a body without a length for an empty one.
    """
    environ = request.META
    has_length = bool(environ.get("CONTENT_LENGTH"))
    stream = (
        environ["wsgi.input"]
        if not has_length and environ.get("wsgi.input_terminated")
        else request
    )
    chunks = []
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > largest:
            raise TooLargeError
        chunks.append(chunk)
    return b"".join(chunks)


def headers_of(request: HttpRequest) -> dict[str, str]:
    """The headers by lower-case name."""
    found = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in request.META.items()
        if name.startswith("HTTP_")
    }
    if content_type := request.META.get("CONTENT_TYPE"):
        found["content-type"] = str(content_type)
    return found
