"""Finds access tokens in what gets pasted: a URL, a log line, JSON, a header, a token broken over lines."""

import re
from urllib.parse import unquote

# A JWT's header is JSON, and base64url of `{"` or `{` and white space begins with these letters.
TOKEN = re.compile(r"(?<![A-Za-z0-9_-])(e[wyz3][A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]*)")
HS256_LENGTH = 43  # Of a signature in base64url.


def found(text: str) -> list[str]:
    """The tokens in a text, in order, each once. A text without any is one itself, with white space taken out."""
    for candidate in (text, unquote(text)):
        if tokens := _whole(candidate):
            return tokens
    joined = re.sub(r"[\s\"'\\>|]+", "", unquote(text))
    return [match.group() for match in TOKEN.finditer(joined)][:1] or [joined]


def _whole(text: str) -> list[str]:
    """Tokens that are not broken over lines: with a signature as long as LiveKit's, or nothing but the token."""
    matches = list(TOKEN.finditer(text))
    if any(len(match.group(3)) == HS256_LENGTH for match in matches):
        return list(dict.fromkeys(match.group() for match in matches))
    alone = re.sub(r"[\s\"'\\>|]+", "", text)
    # One that is broken over lines: the rest of its last line is cut where a signature ends.
    broken = TOKEN.search(alone)
    if broken and len(broken.group(3)) >= HS256_LENGTH:
        return [".".join((broken.group(1), broken.group(2), broken.group(3)[:HS256_LENGTH]))]
    return list(dict.fromkeys(match.group() for match in matches))
