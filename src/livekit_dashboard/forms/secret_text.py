"""JSON as it was typed, given back without what may be a secret in it.

A value stays if it stands where the schema has a field that holds no secret; everything else becomes `"$SECRET"`:
secrets in their place, values under names that LiveKit doesn't know, values of the wrong type, and all that follows the
place where the text stops being JSON. So a secret is found under whatever name it stands, and in broken JSON too.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from livekit_dashboard.services.stored import MASK, SECRET_FIELDS
from livekit_dashboard.services.stream_urls import redacted as without_keys

SECRET = "$SECRET"  # noqa: S105 - what stands in for one
MAP = "map"  # The schema of an object of texts.
# A map's values under such names are secrets, as HTTP headers often are.
SECRET_NAME = re.compile(
    r"authori[sz]ation|token|secret|passw|^pass$|pwd|(api|access|private|signing|stream)[-_ ]?key|^key$|cookie|credential|signature",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(r"\$[A-Z][A-Z0-9_]*")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|(?P<mark>[{}\[\],:])|(?P<word>[^\s{}\[\],:"']+)""",
    re.DOTALL,
)
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
WORDS = ("true", "false", "null")

Schema = Descriptor | str  # A message's, or MAP.


@dataclass
class _Level:
    """One object or list that is open at a place of the text. No schema: nothing is known of what is in it."""

    kind: str
    schema: Schema | None
    name: str = ""
    field: FieldDescriptor | None = None
    in_list: FieldDescriptor | None = None


def redacted(text: str, schema: Schema, around: frozenset[str] = frozenset()) -> str:
    """The text with `"$SECRET"` for what may be one. `around` are names that a message may be wrapped in."""
    parts, end, levels = [], 0, list[_Level]()
    broken = _broken_at(text)
    if schema == MAP and broken < len(text) and not SECRET_NAME.search(text):
        return text  # A map holds what an application likes; only a name can tell that it is a secret.
    for token, is_name in _tokens(text):
        parts.append(text[end : token.start()])
        end = token.end()
        shown = token.group()
        if token.group("mark"):
            _move(levels, shown, schema, around)
        elif is_name:
            shown = _name(levels, shown, schema)
        elif not _may_stay(levels, shown, known=token.start() < broken):
            shown = f'"{SECRET}"'
        parts.append(shown)
    return "".join([*parts, text[end:]])


def unfilled(value: Any) -> bool:
    """Whether a place is left where a secret has to be entered again."""
    if isinstance(value, dict):
        return any(unfilled(part) for part in value.values())
    if isinstance(value, list):
        return any(unfilled(part) for part in value)
    return bool(value == SECRET)


def _broken_at(text: str) -> int:
    """Where the text stops being JSON; its length if it doesn't."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos
    except (ValueError, RecursionError):
        return 0
    return len(text)


def _tokens(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """Every token, and whether it names what follows."""
    found = list(TOKEN.finditer(text))
    for token, after in zip_longest(found, found[1:]):
        names = after is not None and after.group() == ":" and not token.group("mark")
        yield token, names


def _move(levels: list[_Level], mark: str, schema: Schema, around: frozenset[str]) -> None:
    """Into an object or a list, out of it, or on to its next part."""
    if mark in "{[":
        levels.append(_Level(mark, *_inside(levels, mark, schema, around)))
    elif mark in "}]" and levels:
        levels.pop()
    elif mark == "," and levels and levels[-1].kind == "{":
        levels[-1].name, levels[-1].field = "", None


def _inside(
    levels: list[_Level], mark: str, schema: Schema, around: frozenset[str]
) -> tuple[Schema | None, str, FieldDescriptor | None, FieldDescriptor | None]:
    if not levels:
        return schema, "", None, None
    above = levels[-1]
    if above.schema == MAP:
        return (None if SECRET_NAME.search(above.name) else MAP), above.name, None, None
    if above.kind == "[":
        # The root's own list, or a list of messages.
        inner = above.schema if len(levels) == 1 else _message(above.in_list)
        return (inner if mark == "{" else None), "", None, None
    if len(levels) == 1 and above.name in around and mark == "{":
        return schema, "", None, None
    if mark == "[":
        return None, "", None, above.field if above.field is not None and above.field.is_repeated else None
    return _message(above.field), "", None, None


def _message(field: FieldDescriptor | None) -> Schema | None:
    if field is None or field.type != FieldDescriptor.TYPE_MESSAGE:
        return None
    inner: Descriptor = field.message_type
    return MAP if inner.GetOptions().map_entry else inner


def _name(levels: list[_Level], shown: str, schema: Schema) -> str:
    """Notes what is named; a name that is none may be a secret itself."""
    plain = _plain(shown)
    if not levels or levels[-1].kind != "{":
        return shown if NAME.fullmatch(plain) else f'"{SECRET}"'
    level = levels[-1]
    level.name, level.field = plain, None
    if level.schema is not None and not isinstance(level.schema, str):
        level.field = next((one for one in level.schema.fields if plain in (one.name, one.json_name)), None)
    known = level.schema == MAP or NAME.fullmatch(plain)
    return shown if known else f'"{SECRET}"'


def _may_stay(levels: list[_Level], shown: str, *, known: bool) -> bool:
    plain = _plain(shown)
    if shown in WORDS or plain in ("", MASK) or PLACEHOLDER.fullmatch(plain):
        return True
    if not known or not levels or not (shown[0] == '"' or NUMBER.fullmatch(shown)):
        return False
    level = levels[-1]
    if level.schema == MAP:
        return not SECRET_NAME.search(level.name) and without_keys(plain) == plain
    found = level.field if level.kind == "{" else level.in_list
    return _is_open(found) and without_keys(plain) == plain


def _is_open(field: FieldDescriptor | None) -> bool:
    """A field that LiveKit has, and that holds a plain value which is no secret, or a Google message written as one."""
    if field is None or field.name in SECRET_FIELDS:
        return False
    if field.type != FieldDescriptor.TYPE_MESSAGE:
        return True
    inner: Descriptor = field.message_type
    return str(inner.full_name).startswith("google.protobuf.")


def _plain(shown: str) -> str:
    """What a token says, without its quotes."""
    if shown[:1] != '"':
        return shown.strip("'")
    try:
        return str(json.loads(shown))
    except ValueError:
        return shown.strip('"')
