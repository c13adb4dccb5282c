"""Masks secrets in JSON text where they stand, and leaves every other character as it is.

Works on text instead of parsed values, so the order of fields, spelling of names, and white space stay. A field is
secret by its name, in snake_case, camelCase or kebab-case and at any depth; all that a secret field holds is masked.
Text that is not valid JSON is read as far as it looks like JSON.
"""

import json
import re
from collections.abc import Callable, Iterator

from .stored import MASK, SECRET_FIELDS

# A string (the last one may lack its closing quote), a mark, or a word: number, true, false, null, or none of these.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_SECRETS = frozenset(name.replace("_", "") for name in SECRET_FIELDS)
# Names that no field of the API has today, but one of tomorrow or of a user's own may have.
_LOOKS_SECRET = re.compile(
    r"passw(or)?d|passphrase|secret|credential|private_?key|(api|access|account|stream|encryption)_?key|token$|authorization",
)
_OPENING, _CLOSING = frozenset("{["), frozenset("}]")
_MARKS = frozenset("{}[]:,")
_BREAKS = frozenset("{[,")
_KEEP = frozenset({'""', "null"})

Rewrite = Callable[[str], str]


def is_secret(name: str) -> bool:
    """Whether a field of this name holds a secret, however the name is spelled."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return plain in _SECRETS or bool(_LOOKS_SECRET.search(plain))


def masked(text: str, rewrite: Rewrite | None = None) -> str:
    """The text with a mask in place of every secret value. Empty strings and null are no secrets.

    `rewrite` gets every other string value, unescaped, and gives what to show instead.
    """
    return "".join(_Masker(rewrite).parts(text))


class _Masker:
    """Reads JSON from left to right and knows at each place whether a value that stands there is secret."""

    def __init__(self, rewrite: Rewrite | None) -> None:
        self._rewrite = rewrite
        # One entry for each open brace or bracket: whether it is an object, and whether all in it is secret.
        self._open: list[tuple[bool, bool]] = []
        self._at_name = False
        self._secret = False

    def parts(self, text: str) -> Iterator[str]:
        end = 0
        for found in _TOKEN.finditer(text):
            yield text[end : found.start()]
            end = found.end()
            part = found.group()
            if part in _MARKS:
                self._mark(part)
                yield part
            else:
                yield self._shown(part)
        yield text[end:]

    def _mark(self, part: str) -> None:
        if part in _OPENING:
            self._open.append((part == "{", self._all_secret() or self._secret))
        elif part in _CLOSING and self._open:
            self._open.pop()
        self._at_name = part == "{" or (part == "," and bool(self._open) and self._open[-1][0])
        if part != ":":
            self._secret = False

    def _shown(self, part: str) -> str:
        """A name as it is, or what stands for a value."""
        if self._at_name:
            self._secret = is_secret(_value(part))
            return part
        if self._secret or self._all_secret():
            return part if part in _KEEP else f'"{MASK}"'
        if self._rewrite is not None and part.startswith('"'):
            return _rewritten(part, self._rewrite)
        return part

    def _all_secret(self) -> bool:
        return bool(self._open) and self._open[-1][1]


def _rewritten(part: str, rewrite: Rewrite) -> str:
    value = _value(part)
    shown = rewrite(value)
    return part if shown == value else json.dumps(shown, ensure_ascii=False)


def _value(part: str) -> str:
    """What a string token stands for; any other token, or a broken string, stands for its own characters."""
    try:
        value = json.loads(part, strict=False)
    except ValueError:
        return part.strip('"')
    return value if isinstance(value, str) else part


def indented(text: str) -> str:
    """JSON text with one value a line. Every token stays as it is; only white space between them changes."""
    parts: list[str] = []
    depth = 0
    before = ""
    for found in _TOKEN.finditer(text):
        part = found.group()
        if part in _CLOSING:
            depth = max(0, depth - 1)
        if (part in _CLOSING and before not in _OPENING) or (before in _BREAKS and part not in _CLOSING):
            parts.append("\n" + "  " * depth)
        parts.append(": " if part == ":" else part)
        depth += part in _OPENING
        before = part
    return "".join(parts)
