"""Builds the addresses of pages from the URL map. In templates, `path_to` is `Paths.to`."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import Response
from starlette.routing import compile_path
from starlette.websockets import WebSocket

Handler = Callable[..., Awaitable[Response | None]]


@dataclass(frozen=True)
class Url:
    """One line of the URL map. A GET and a POST may share path and name: a page, and the action of its form."""

    method: str
    path: str
    handler: Handler
    name: str


def get(path: str, handler: Handler, name: str) -> Url:
    """A page: GET and HEAD."""
    return Url("GET", path, handler, name)


def post(path: str, handler: Handler, name: str) -> Url:
    """An action. CSRF protection and READ_ONLY are attached to the app, not to the route."""
    return Url("POST", path, handler, name)


def socket(path: str, handler: Callable[[WebSocket], Awaitable[None]], name: str) -> Url:
    """A WebSocket. Its handler has to authenticate it: it has neither credentials nor a CSRF token."""
    return Url("WS", path, handler, name)


class Paths:
    """Builds addresses by route name from a dictionary: Starlette searches all routes, too slow for long tables."""

    def __init__(self, urls: Iterable[Url], root_path: str) -> None:
        self._root = root_path
        self._patterns: dict[str, tuple[str, Any]] = {}
        for url in urls:
            _, pattern, convertors = compile_path(url.path)
            known = self._patterns.setdefault(url.name, (pattern, convertors))
            assert known[0] == pattern, f"two paths are named {url.name}"

    def to(self, name: str, query: dict[str, Any] | None = None, **params: str) -> str:
        """The address of a page, escaped for an attribute or a header; empty and None query values are left out."""
        pattern, convertors = self._patterns[name]
        parts = {key: quote(convertors[key].to_string(value)) for key, value in params.items()}
        wanted = {key: value for key, value in (query or {}).items() if value not in (None, "")}
        return self._root + pattern.format(**parts) + (f"?{urlencode(wanted, doseq=True)}" if wanted else "")
