"""Recognizes what happened to the body of a webhook on its way: how it was changed, or what it is instead of JSON."""

import ast
import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_plus

BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
MAX_UNPACKED = (
    4 * 1024 * 1024
)  # Bytes that a compressed body may have, so that a small one can't fill the memory.
_WORDS = {
    b"undefined": "the word “undefined”, which JavaScript writes for a value that isn’t set",
    b"[object Object]": "“[object Object]”, which JavaScript writes for an object instead of its content",
    b"null": "“null”",
    b"None": "the word “None”, which Python writes for a value that isn’t set",
    b"NaN": "“NaN”",
}
_RAW = "Pass the receiver the raw body of the request, before anything parses it."
# MongoDB's extended JSON spells numbers and dates as objects with one of these names.
_EXTENDED = {"$numberLong", "$numberInt", "$numberDouble", "$date", "$oid"}


def same_but(body: bytes, fits: Callable[[bytes], bool]) -> str | None:
    """How the body differs from the one that `fits`, as a sentence; None if no known change explains it."""
    for sentence, candidates in _CHANGES:
        for candidate in candidates(body):
            if candidate != body and fits(candidate):
                return sentence
    return None


def instead_of_json(body: bytes) -> str:
    """What a body is that is not JSON, as a sentence; empty if it is nothing known."""
    stripped = body.strip()
    if not stripped:
        return "It is empty. " + _RAW
    if stripped in _WORDS:
        return f"It is {_WORDS[stripped]}. {_RAW}"
    if body.startswith(BOM):
        return "It begins with a byte order mark, which LiveKit doesn’t send."
    if body.startswith(GZIP) or any(_unzipped(part) for part in _from_base64(body)):
        return "It is compressed with gzip. Decompress it first."
    try:
        text = stripped.decode()
    except UnicodeDecodeError as error:
        return f"Its byte {error.start + 1} is not UTF-8."
    return next((sentence for sentence, applies in _KINDS if applies(text)), "")


def instead_of_event(value: Any) -> str:
    """What JSON is that is no WebhookEvent, as a sentence; empty if it is nothing known."""
    if isinstance(value, str):
        return "It is JSON inside a JSON string, so it was encoded twice."
    if not isinstance(value, dict):
        return "It is JSON, but not an object."
    if value.get("type") == "Buffer" and isinstance(value.get("data"), list):
        return "It is a Buffer of Node.js written as JSON, with a number for each byte."
    if isinstance(value.get("body"), str) and "event" not in value:
        return "It is the event of a serverless function; the webhook is its “body”."
    for name, part in _fields(value):
        if isinstance(part, dict) and not _EXTENDED.isdisjoint(part):
            return (
                f"“{name}” is spelled as MongoDB stores it: a copy from a database, not the body that came."
            )
        if name == "$typeName" or (
            isinstance(part, dict) and part.keys() == {"case", "value"} and isinstance(part["value"], dict)
        ):
            return f"“{name[:60]}” is spelled as an SDK’s object: the parsed event, not the body that came."
    return ""


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Every field of an object and of the objects in it, with its name."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield from part.items()
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _without_ends(body: bytes) -> Iterator[bytes]:
    yield body.rstrip(b"\r\n")
    yield body.strip()


def _other_line_ends(body: bytes) -> Iterator[bytes]:
    unix = body.replace(b"\r\n", b"\n")
    yield unix
    yield unix.replace(b"\n", b"\r\n")
    yield unix.rstrip(b"\n").replace(b"\n", b"\r\n")


def _written_again(body: bytes) -> Iterator[bytes]:
    value = _loaded(body)
    if not isinstance(value, dict):
        return
    # LiveKit’s encoder puts a space after commas in some builds, and in others not.
    for separators in ((",", ":"), (", ", ":"), (", ", ": "), (",", ": ")):
        for ascii_only in (False, True):
            yield json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode(
                "utf-8", "surrogatepass"
            )


def _from_base64(body: bytes) -> Iterator[bytes]:
    text = re.sub(rb"\s", b"", body).translate(bytes.maketrans(b"-_", b"+/"))
    try:
        yield base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return


def _from_gzip(body: bytes) -> Iterator[bytes]:
    for packed in (body, *_from_base64(body)):
        unpacked = _unzipped(packed)
        if unpacked is not None:
            yield unpacked


def _unzipped(body: bytes) -> bytes | None:
    if not body.startswith(GZIP):
        return None
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MAX_UNPACKED)
    except zlib.error:
        return None


def _from_string(body: bytes) -> Iterator[bytes]:
    value = _loaded(body)
    if isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")


def _from_form(body: bytes) -> Iterator[bytes]:
    text = body.decode("utf-8", "replace").strip()
    for part in (text, text.removesuffix("="), text.partition("=")[2]):
        yield unquote_plus(part).encode("utf-8", "surrogatepass")
        yield part.encode("utf-8", "surrogatepass")


def _from_function(body: bytes) -> Iterator[bytes]:
    value = _loaded(body)
    if not isinstance(value, dict):
        return
    inner = value.get("body")
    if isinstance(inner, str):
        yield inner.encode("utf-8", "surrogatepass")
        yield from _from_base64(inner.encode("utf-8", "surrogatepass"))
    data = value.get("data")
    if isinstance(data, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in data):
        yield bytes(data)


def _from_literal(body: bytes) -> Iterator[bytes]:
    if re.match(rb"\s*b['\"]", body):
        try:
            value = ast.literal_eval(body.decode().strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return
        if isinstance(value, bytes):
            yield value


_CHANGES: tuple[tuple[str, Callable[[bytes], Iterator[bytes]]], ...] = (
    ("White space was added before or after it.", _without_ends),
    ("A byte order mark was put before it.", lambda body: iter((body.removeprefix(BOM),))),
    ("Its line ends were changed.", _other_line_ends),
    ("It was parsed and written again, with other white space or escapes.", _written_again),
    ("It was encoded in base64, as API gateways and load balancers do for functions.", _from_base64),
    ("It was compressed with gzip.", _from_gzip),
    ("It was put into a JSON string, so it was encoded twice.", _from_string),
    ("It was encoded as a web form.", _from_form),
    ("It was wrapped into another object, such as the event of a serverless function.", _from_function),
    ("It was written as a Python literal.", _from_literal),
)


def _is_base64(text: str) -> bool:
    return len(text) > 8 and any(part.lstrip().startswith(b"{") for part in _from_base64(text.encode()))


_KINDS: tuple[tuple[str, Callable[[str], object]], ...] = (
    (
        "It is encoded in base64, as API gateways and load balancers do for functions. Decode it first.",
        _is_base64,
    ),
    ("It is encoded as a web form. Decode it first.", re.compile(r"(\w+=)?%7b", re.IGNORECASE).match),
    ("It is the value of a form field; the JSON begins after “=”.", re.compile(r"\w+=\s*\{").match),
    ("It is JSON with something after it.", lambda text: _prefix(text)),
    (
        "It is a Python dictionary, which has single quotes. JSON has double quotes.",
        re.compile(r"\{\s*'").match,
    ),
    ("It is a Python bytes literal.", re.compile(r"b['\"]").match),
    ("It is HTML or XML.", re.compile(r"<").match),
)


def _prefix(text: str) -> bool:
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict)
