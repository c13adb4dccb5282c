"""Forms about someone in a room."""

import json
from collections.abc import Iterable

from livekit_dashboard.forms.base import (
    TEXTS,
    Checks,
    LongText,
    SelectChoice,
    Text,
    at_most,
    parsed,
    plain,
    string_map,
    utf8,
)
from livekit_dashboard.forms.edits import Parts, PartsForm, lines, one_line
from livekit_dashboard.services.participants.info import MAX_ATTRIBUTES, PERMISSIONS, SOURCES, Participant
from livekit_dashboard.services.participants.participants import Changes, Permitted
from livekit_dashboard.services.rooms.rooms import MAX_METADATA, MAX_NAME, editable
from livekit_dashboard.web.filters import pretty

ATTRIBUTE = "attribute "  # Each attribute is a part of its own, so that apps may go on setting theirs.
SOURCE = "source"


class ParticipantForm(PartsForm):
    """Name, metadata and attributes of someone in a room."""

    name = Text("Name", [utf8, at_most(MAX_NAME)], description="What others see. The identity stays.")
    metadata = LongText("Metadata", [utf8, at_most(MAX_METADATA)])
    attributes = LongText("Attributes", [string_map, at_most(MAX_ATTRIBUTES)], description=TEXTS)

    def entered(self) -> Parts:
        attributes = parsed(self.attributes, {})
        texts = {"name": self.name.data, "metadata": self.metadata.data}
        return texts | {ATTRIBUTE + key: value for key, value in attributes.items()}

    def fill(self, now: Parts) -> None:
        attributes = _attributes(now)
        self.name.data, self.metadata.data = now["name"], now["metadata"]
        self.attributes.data = pretty(attributes) if attributes else ""

    def changes_of(self, person: Participant) -> Changes | None:
        """What to make of them. None, with the reason in the form, for what can't be done."""
        changes = self.changes(parts_of(person))
        if changes is None:
            return None
        if changes.get("name") == "":
            self.name.errors = ["LiveKit can’t clear a name. Enter another one."]
        if changes.get("metadata") == "":
            self.metadata.errors = ["LiveKit can’t clear metadata. Enter {} or a space instead."]
        given = Changes(changes.get("name", ""), changes.get("metadata", ""), _attributes(changes))
        return None if self.wrong else given


class PermissionsForm(PartsForm):
    """What someone may do. LiveKit replaces all of it, so a change of others is one of the same."""

    whole = True
    permission = Checks(
        "Permissions",
        choices=[SelectChoice(key, words) for key, words in PERMISSIONS],
        default=[],
        validate_choice=False,
    )
    source = Checks("May publish", choices=plain(SOURCES.values()), default=[], validate_choice=False)

    def entered(self) -> Parts:
        ticked = {key: "y" if key in self.permission.data else "" for key, _ in PERMISSIONS}
        return ticked | {SOURCE: _listed(self.source.data)}

    def fill(self, now: Parts) -> None:
        self.permission.data = [key for key, _ in PERMISSIONS if now[key]]
        self.source.data = json.loads(now[SOURCE])

    def changes_of(self, person: Participant) -> Permitted | None:
        """What to change. None if someone else changed any of it meanwhile."""
        now = permissions_of(person)
        if not self.source.raw_data:
            self.source.data = json.loads(now[SOURCE])  # Not asked.
        changes = self.changes(now)
        if changes is None:
            return None
        sources = json.loads(changes.pop(SOURCE)) if SOURCE in changes else None
        return Permitted({key: bool(value) for key, value in changes.items()}, sources)


def parts_of(person: Participant) -> Parts:
    """What the form of a participant shows."""
    texts = {"name": one_line(person.name), "metadata": lines(editable(person.metadata))}
    return texts | {ATTRIBUTE + key: value for key, value in person.attributes.items()}


def permissions_of(person: Participant) -> Parts:
    """What the form of their permissions shows."""
    ticked = {key: "y" if person.permissions[key] else "" for key, _ in PERMISSIONS}
    return ticked | {SOURCE: _listed(person.sources)}


def _attributes(parts: Parts) -> dict[str, str]:
    return {part.removeprefix(ATTRIBUTE): text for part, text in parts.items() if part.startswith(ATTRIBUTE)}


def _listed(sources: Iterable[str]) -> str:
    return json.dumps([source for source in SOURCES.values() if source in sources])
