"""JSON and base64url as Go reads them: names in order, those that come twice included; no NaN, no padding."""

import base64
import binascii
import json
import re
from typing import Any

_KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
}


class Pairs(list[tuple[str, Any]]):
    """A JSON object with its names in order, those that come twice included."""


def parsed(text: str) -> Pairs:
    """A JSON object. Raises ValueError for anything else, RecursionError for one nested too deep."""
    found = json.loads(text, object_pairs_hook=Pairs, parse_constant=refused)
    if not isinstance(found, Pairs):
        raise ValueError("not a JSON object")  # noqa: TRY004 - as for any other text that is none
    cleaned: Pairs = _clean(found)
    return cleaned


def _clean(value: Any) -> Any:
    """Half of a surrogate pair, which JSON can spell, becomes U+FFFD as in Go."""
    if isinstance(value, str):
        return re.sub(r"[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, Pairs):
        return Pairs((_clean(name), _clean(part)) for name, part in value)
    return [_clean(part) for part in value] if isinstance(value, list) else value


def refused(constant: str) -> Any:
    """Python takes NaN and Infinity, JSON has neither."""
    raise ValueError(f"{constant} is not JSON")


def plain(value: Any) -> Any:
    """Pairs as dicts, for reading."""
    if isinstance(value, Pairs):
        return {name: plain(part) for name, part in value}
    return [plain(part) for part in value] if isinstance(value, list) else value


def kind_of(value: Any) -> str:
    if isinstance(value, Pairs):
        return "an object"
    if isinstance(value, str):
        return "text" if value else "an empty text"
    return _KINDS.get(type(value), "null")


def base64url(part: str) -> bytes:
    """Base64url without padding, as Go reads it. Raises ValueError."""
    if not part.isascii() or any(not (char.isalnum() or char in "-_") for char in part) or len(part) % 4 == 1:
        raise ValueError("not base64url")
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error
