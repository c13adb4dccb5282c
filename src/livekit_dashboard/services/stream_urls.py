"""Masks stream keys, passphrases and passwords in addresses of streams.

LiveKit masks RTMP keys itself, `rtmp://host/app/{abc...xyz}`, but not those of SRT and WebSocket, and not in errors.
"""

import re
from urllib.parse import urlsplit

MASK = "••••"
SCHEMES = {
    "rtmp": "RTMP",
    "rtmps": "RTMP",
    "mux": "RTMP",
    "twitch": "RTMP",
    "srt": "SRT",
    "ws": "WebSocket",
    "wss": "WebSocket",
}
# As the egress worker reads it: rtmp(s)://{host}(/{path})/{app}/{stream_key}( live=1)
RTMP = re.compile(r"(rtmps?://)(.*/)(.*/)(\S*)( live=1)?", re.IGNORECASE)
HIDDEN = re.compile(r"\{(.*)\.\.\.(.*)\}")
IN_TEXT = re.compile(r"\b(?:rtmps?|mux|twitch|srt|wss?)://[^\s,;\"')]*[^\s,;:\"')]", re.IGNORECASE)
# Parameters of SRT addresses that are not secret.
OPEN_PARAMETERS = frozenset({"mode", "latency", "pbkeylen", "transtype"})


def scheme(url: str) -> str:
    """The scheme in lower case; empty for what has none."""
    head, colon, _ = url.partition("://")
    return head.lower() if colon else ""


def redacted(url: str) -> str:
    """The address with its secrets masked. Parts that LiveKit masked stay as they are."""
    found = RTMP.fullmatch(url)
    if found:
        key = found[4] if HIDDEN.fullmatch(found[4]) or not found[4] else MASK
        return f"{found[1]}{_without_password(found[2])}{found[3]}{key}{found[5] or ''}"
    if scheme(url) in ("mux", "twitch"):
        return f"{scheme(url)}://{MASK}"
    base, mark, query = url.partition("?")
    host = base.partition("://")
    base = f"{host[0]}{host[1]}{_without_password(host[2])}"
    return base + mark + "&".join(map(_parameter, query.split("&"))) if mark else base


def without_keys(text: str) -> str:
    """A text of LiveKit's with every stream address redacted."""
    return IN_TEXT.sub(lambda found: redacted(found[0]), text)


def is_hidden(shown: str) -> bool:
    """Whether LiveKit masked a part of an address that it lists."""
    found = RTMP.fullmatch(shown)
    return bool(found and HIDDEN.fullmatch(found[4]))


def stands_for(shown: str, url: str) -> bool:
    """Whether `shown`, an address as LiveKit lists it, may be that of `url`, which is whole."""
    if scheme(url) in ("mux", "twitch"):
        # LiveKit makes another address of these, mostly one that it asks the service for.
        return scheme(shown) in ("rtmp", "rtmps")
    one, other = RTMP.fullmatch(shown), RTMP.fullmatch(url)
    if not one or not other or not (ends := HIDDEN.fullmatch(one[4])):
        return shown == url
    same = one.group(1, 2, 3) == other.group(1, 2, 3)
    return same and other[4].startswith(ends[1]) and other[4].endswith(ends[2])


def fault(url: str, protocols: tuple[str, ...]) -> str:
    """The error of an address for one of these protocols; empty if it is valid."""
    given = scheme(url)
    known = SCHEMES.get(given)
    if known not in protocols:
        begins = f"This begins with {given}://." if given else "This has no scheme."
        return f"{EXPECTED[protocols[0]]} {begins}"
    if given in ("rtmp", "rtmps") and not RTMP.fullmatch(url):
        return "An RTMP address looks like rtmp://host/app/stream-key."
    try:
        host, _ = urlsplit(url).netloc, urlsplit(url).port
    except ValueError:
        return "This is not a valid address."
    return "" if host else "This address has no host."


EXPECTED = {
    "RTMP": "An RTMP address begins with rtmp:// or rtmps://, an SRT address with srt://.",
    "SRT": "An SRT address begins with srt://.",
    "WebSocket": "A WebSocket address begins with ws:// or wss://.",
}


def _without_password(text: str) -> str:
    user, at, rest = text.rpartition("@")
    return f"{MASK}{at}{rest}" if at and user else text


def _parameter(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={MASK}" if equals and value and name.lower() not in OPEN_PARAMETERS else pair
