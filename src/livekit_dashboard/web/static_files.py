"""Our own files and the vendored ones, each under an address that changes with its content and is cached."""

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIRECTORY = Path(__file__).parents[1] / "static"


@cache
def fingerprint(name: str) -> str:
    """Eight hex digits of the file's content. Raises FileNotFoundError: then `make assets` has not run."""
    return hashlib.sha256((DIRECTORY / name).read_bytes()).hexdigest()[:8]


class FingerprintedFiles(StaticFiles):
    """Static files; requests with `?v=` and the right fingerprint may be cached for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        version = parse_qs(scope["query_string"].decode("latin-1")).get("v")
        if response.status_code == 200 and version == [fingerprint(path)]:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            response.headers["Cache-Control"] = "no-cache"
        return response
