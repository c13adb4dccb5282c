"""What htmx says of a request in its headers."""

from starlette.requests import HTTPConnection


def is_htmx(request: HTTPConnection) -> bool:
    """True when htmx asks, so that fragments are understood and redirects need a header."""
    return request.headers.get("hx-request") == "true"
