"""Turns the exceptions of the SDK, HTTP and protobuf into LiveKitErrors. No other module does."""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import aiohttp
from google.protobuf.message import DecodeError
from livekit.api import ServerError

from livekit_dashboard.services.stream_urls import without_keys

from .sip import call_error
from .tree import (
    Altered,
    CallMissing,
    ClockSkew,
    Ended,
    Failed,
    Invalid,
    LiveKitError,
    NeedsRedis,
    NotFound,
    NotLiveKit,
    PermissionDenied,
    Redirected,
    Refused,
    RemoteUnmuteOff,
    TimedOut,
    UnknownKey,
    Unreachable,
    Unsupported,
    WrongSecret,
)
from .workers import NoWorker

BY_CODE: dict[str, type[LiveKitError]] = {
    "not_found": NotFound,
    "invalid_argument": Invalid,
    "malformed": Invalid,
    "out_of_range": Invalid,
    "already_exists": Invalid,
    "failed_precondition": Unsupported,
    "unimplemented": Unsupported,
    "unauthenticated": PermissionDenied,
    "permission_denied": PermissionDenied,
    "unavailable": NoWorker,
    "deadline_exceeded": NoWorker,
}
# The server answers a bad credential with plain text, which the SDK drops and which repeats the token.
# So it is read before the SDK does, to find the cause, and never shown.
BY_TEXT: tuple[tuple[str, type[Refused], str], ...] = (
    ("invalid API key", UnknownKey, "invalid API key"),
    ("signature is invalid", WrongSecret, "the signature is invalid"),
    ("error in cryptographic primitive", WrongSecret, "the signature is invalid"),
    ("token is expired", ClockSkew, "the token is expired"),
    ("not valid yet", ClockSkew, "the token is not valid yet"),
    ("issued in the future", ClockSkew, "the token is issued in the future"),
    ("permissions denied", PermissionDenied, "permissions denied"),
)
# Those that aiohttp follows.
REDIRECTS = (301, 302, 303, 307, 308)
# Prefixes of the transport, of no use to a reader.
NOISE = ("twirp error unknown: ", "rpc error: ", "psrpc: ")


async def refuse_unauthorized(response: aiohttp.ClientResponse) -> None:
    """For aiohttp's `raise_for_status`: turns a plain-text 401 into the Refused that it means."""
    if response.status != 401 or "json" in response.content_type:
        return
    text = await response.text(errors="replace")
    clock = _clock(response)
    for part, kind, reason in BY_TEXT:
        if part in text:
            raise kind(reason, answer="401 unauthenticated", clock=clock)
    raise Refused("HTTP status 401, for a reason that this dashboard doesn’t know", answer="401", clock=clock)


async def refuse_redirects(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """For aiohttp's `middlewares`: without it the token and what is sent would go along to another host."""
    response = await send(request)
    if response.status in REDIRECTS:
        response.close()
        raise Redirected(f"it redirects to {_target(response)}", answer=str(response.status))
    return response


def _target(response: aiohttp.ClientResponse) -> str:
    """Scheme, host and port of the redirect's target; the rest may hold secrets."""
    try:
        parts = urlsplit(urljoin(str(response.url), response.headers["Location"]))
    except (KeyError, ValueError):
        return "no address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _clock(response: aiohttp.ClientResponse) -> float | None:
    try:
        there = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return None
    return (there - datetime.now(UTC)).total_seconds()


# Most particular first.
BY_CLIENT_ERROR: tuple[tuple[type[aiohttp.ClientError], str], ...] = (
    (aiohttp.ClientPayloadError, "the connection broke off in the middle of the answer"),
    (aiohttp.ServerDisconnectedError, "the connection was closed without an answer"),
    (aiohttp.ClientConnectorDNSError, "there is no host of that name"),
    (aiohttp.ClientSSLError, "TLS failed: the port doesn’t use TLS, or its certificate is not trusted"),
    (aiohttp.InvalidURL, "LIVEKIT_URL is not an address that can be called"),
    (aiohttp.ClientResponseError, "the answer is not HTTP"),
)
# The operating system's words, and asyncio's for them, name sockets and functions; these are for operators.
BY_ERRNO: Mapping[int, str] = {
    errno.ECONNREFUSED: "connection refused: nothing listens on that address and port",
    errno.ECONNRESET: "the connection was reset",
    errno.ECONNABORTED: "the connection was cut",
    errno.EPIPE: "the connection was cut",
    errno.EHOSTUNREACH: "the network has no route to that host",
    errno.ENETUNREACH: "the network has no route to that host",
    errno.EHOSTDOWN: "the host is down",
    errno.ETIMEDOUT: "the host doesn’t answer",
    errno.EADDRNOTAVAIL: "this machine has no free port for another connection",
    errno.EMFILE: "this process has too many files and connections open",
    errno.EACCES: "this machine’s firewall forbids the connection",
    errno.EPERM: "this machine’s firewall forbids the connection",
}


@contextmanager
def translated() -> Iterator[None]:
    """Around SDK calls: what they raise becomes a LiveKitError."""
    try:
        yield
    except ServerError as error:
        raise from_server(error) from error
    except TimeoutError as error:
        raise TimedOut("no answer in time") from error
    except DecodeError as error:
        raise NotLiveKit("the answer is not a LiveKit message", answer="200, unreadable") from error
    except aiohttp.WSServerHandshakeError as error:
        raise NotLiveKit(
            f"no WebSocket answers at /agent: HTTP status {error.status}", answer=str(error.status)
        ) from error
    except aiohttp.ClientError as error:
        raise Unreachable(_why(error)) from error


def _why(error: aiohttp.ClientError) -> str:
    for kind, sentence in BY_CLIENT_ERROR:
        if isinstance(error, kind):
            return sentence
    return BY_ERRNO.get(getattr(error, "errno", None) or 0, "the connection failed")


def from_server(error: ServerError) -> LiveKitError:
    """The LiveKitError for an error that the server reported over Twirp."""
    answer = f"{error.status} {error.code}"
    reason = error.message
    for noise in NOISE:
        reason = reason.removeprefix(noise)
    reason = without_keys(reason)
    if error.code == "bad_route":
        # Twirp's three reasons: no such path, not a POST, not a content type that it reads.
        altered = reason.startswith(("unsupported method", "unexpected Content-Type"))
        return Altered(reason, answer=answer) if altered else CallMissing(answer=str(error.status))
    if error.code == "unknown" and not reason:
        return NotLiveKit(
            f"HTTP status {error.status}, without an error message from LiveKit", answer=str(error.status)
        )
    if failed := call_error(reason, error.metadata, answer=answer):
        return failed
    if reason == "remote unmute not enabled":
        return RemoteUnmuteOff(reason, answer=answer)
    if "redis required" in reason:
        return NeedsRedis(reason, answer=answer)
    if reason.endswith(("cannot be stopped", "cannot be updated")):
        return Ended(reason, answer=answer)
    if error.code in ("internal", "unknown") and "not implemented" in reason:
        return Unsupported(reason, answer=answer)
    return BY_CODE.get(error.code, Failed)(reason, answer=answer)
