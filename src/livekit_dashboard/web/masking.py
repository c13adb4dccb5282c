"""Where phone numbers are masked, and where they are whole: one rule for every page, export and log line.

Phone numbers are partly masked wherever someone reads them. They are whole in what is used rather than read: links,
form fields, and what a Copy button copies. `?show=numbers` shows them on one page and in its exports, the setting
SHOW_PHONE_NUMBERS everywhere. Logs never have them whole.
"""

import re
from collections.abc import Collection, Iterable
from contextvars import ContextVar
from typing import Any

from fastapi import Request

from livekit_dashboard.app_state import app_state
from livekit_dashboard.phone_numbers import ATTRIBUTES, hide, mask_numbers, numbers_in

# Attributes that are read aloud or shown; all others are for the browser.
READ = frozenset({"aria-label", "title", "alt", "label"})
_ATTRIBUTE = re.compile(r"""([\w:-]+)=(?:"[^"]*|'[^']*)\Z""")
# Elements whose text is what a form sends, or an example.
_WHOLE = re.compile(r"<(textarea|pre data-example)\b.*?</(?:textarea|pre)>", re.DOTALL)
_shown: ContextVar[bool] = ContextVar("numbers_shown", default=False)


async def read(request: Request) -> None:
    """Attached to every route: notes for this request whether numbers are shown whole, for exports."""
    _shown.set(are_shown(request))


def are_shown(request: Request) -> bool:
    """Whether this request gets numbers whole: by `?show=numbers`, or by the setting."""
    settings = app_state(request).settings
    return bool(settings.show_phone_numbers) or request.query_params.get("show") == "numbers"


def mask_page(html: str, known: Iterable[str] = (), typed: Collection[str] = ()) -> str:
    """A rendered page with its numbers masked where they are read. `known` numbers are masked too, even without a +;
    those that were `typed` for this page stay whole."""
    spans = numbers_in(html)
    for number in {number for number in known if len(number) > 5}:
        spans += [found.span() for found in re.finditer(re.escape(number), html)]
    whole = {_digits(text) for text in typed} - {""}
    whole |= {_digits(text[start:end]) for text in typed for start, end in numbers_in(text)}
    skipped = [found.span() for found in _WHOLE.finditer(html)]
    parts, done = [], 0
    for start, end in sorted(spans):
        if start >= done and _digits(html[start:end]) not in whole and _is_read(html, start, skipped):
            parts += [html[done:start], hide(html[start:end])]
            done = end
    return "".join([*parts, html[done:]])


def mask_value(value: Any) -> Any:
    """A value of an export, masked at any depth unless this request shows numbers."""
    if _shown.get():
        return value
    if isinstance(value, str):
        return mask_numbers(value)
    if isinstance(value, dict):
        return {
            mask_value(key): hide(item) if key in ATTRIBUTES and isinstance(item, str) else mask_value(item)
            for key, item in value.items()
        }
    return [mask_value(item) for item in value] if isinstance(value, list) else value


def _is_read(html: str, at: int, skipped: Collection[tuple[int, int]]) -> bool:
    """Whether a place in a page is text outside of what is skipped, or an attribute that is read."""
    opened = html.rfind("<", 0, at)
    if html.find(">", opened, at) < 0 <= opened:
        attribute = _ATTRIBUTE.search(html, opened, at)
        return attribute is not None and attribute[1] in READ
    return not any(start < at < end for start, end in skipped)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
