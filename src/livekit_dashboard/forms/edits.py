"""Forms over something that others may change while they are open."""

import json
from collections.abc import Mapping
from hashlib import blake2b

import wtforms

from .base import Form

# What a form shows, part by part, each as a browser sends it back. A part that isn't there is no entry.
Parts = Mapping[str, str]


class SharedForm(Form):
    """`seen` goes along with the form, and tells what it was loaded with."""

    seen = wtforms.HiddenField()
    changed_meanwhile = False

    @property
    def status(self) -> int:
        return 409 if self.changed_meanwhile else super().status


class PartsForm(SharedForm):
    """One of several parts, of which only those are sent on that were changed in the form.

    So what others change of the rest stays. `whole` is for what LiveKit replaces as a whole: there any change of
    others counts.
    """

    whole = False

    def __repr__(self) -> str:
        """A live page is tagged by what it shows."""
        return repr((type(self).__name__, self.data, self.errors, self.changed_meanwhile))

    def entered(self) -> Parts:
        """The parts as they were entered."""
        raise NotImplementedError

    def fill(self, now: Parts) -> None:
        """Shows these parts."""
        raise NotImplementedError

    def load(self, now: Parts) -> None:
        """Fills the form from what there is."""
        self.fill(now)
        self.seen.data = json.dumps(_marks(now))

    def changes(self, now: Parts) -> dict[str, str] | None:
        """The parts to send on, a part that was taken out as an empty text.

        None if someone else changed one of them otherwise. Then the form shows the newest, but for what was entered
        here; sent a second time it goes through.
        """
        seen, there, entered = self._seen(now), _marks(now), self.entered()
        wanted = _marks(entered)
        parts = {*seen, *there, *wanted}
        ours = {part for part in parts if wanted.get(part) != seen.get(part)}
        theirs = {part for part in parts if there.get(part) not in (seen.get(part), wanted.get(part))}
        if theirs if self.whole else theirs & ours:
            newest = {part: entered if part in ours else now for part in parts}
            self.fill({part: texts[part] for part, texts in newest.items() if part in texts})
            self.seen.data = json.dumps(there)
            self.changed_meanwhile = True
            return None
        return {part: entered.get(part, "") for part in ours if wanted.get(part) != there.get(part)}

    def _seen(self, now: Parts) -> Mapping[str, str]:
        """A client that sends no form of ours, but its fields, means what there is now."""
        try:
            seen = json.loads(self.seen.data or "")
        except (ValueError, RecursionError):
            return _marks(now)
        return seen if isinstance(seen, dict) else _marks(now)


def _marks(parts: Parts) -> dict[str, str]:
    return {part: blake2b(text.encode(), digest_size=8).hexdigest() for part, text in parts.items()}


def one_line(text: str) -> str:
    """What a browser makes of a text in a line of its own."""
    return _shown(text).replace("\r", "").replace("\n", "")


def lines(text: str) -> str:
    """What becomes of a text in a field of several lines."""
    return _shown(text).replace("\r\n", "\n").replace("\r", "\n")


def _shown(text: str) -> str:
    """HTML has no NUL."""
    return text.replace("\0", "\ufffd")
