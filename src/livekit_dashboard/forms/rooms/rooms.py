"""Forms that create a room and edit its metadata, and what they say about the outcome."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import RoomEgress
from wtforms import BooleanField, ValidationError

from livekit_dashboard.forms.base import (
    Form,
    LongText,
    Number,
    Text,
    at_most,
    json_list_of,
    json_of,
    parsed,
    required,
    string_map,
    utf8,
)
from livekit_dashboard.forms.edits import Parts, PartsForm, lines
from livekit_dashboard.services.rooms.opening import Difference, Opened
from livekit_dashboard.services.rooms.rooms import (
    MAX_METADATA,
    MAX_NAME,
    NO_NODE,
    NO_PRESET,
    NewRoom,
    Room,
    editable,
)
from livekit_dashboard.services.snippets.rooms import FLAGS
from livekit_dashboard.web.filters import plural, span

EXAMPLE = ("name", "max_participants", *FLAGS, "node_id")


class NewRoomForm(Form):
    """Everything that a self-hosted server takes when a room is created, the common things first."""

    name = Text(
        "Name",
        [required("Give the room a name."), utf8, at_most(MAX_NAME)],
        description="Any text of up to 256 bytes. Participants join by this name.",
    )
    max_participants = Number("Max participants", description="Leave empty for no limit.")
    empty_timeout = Number(
        "Empty timeout",
        description="Seconds until the room closes if no one joins. Default: set on the server.",
    )
    departure_timeout = Number(
        "Departure timeout",
        description="Seconds until the room closes after the last participant leaves. Default: set on the server.",
    )
    metadata = LongText(
        "Metadata",
        [utf8, at_most(MAX_METADATA)],
        description="Text that every participant can read, often JSON.",
    )
    min_playout_delay = Number("Min playout delay", description="Milliseconds that receivers buffer.")
    max_playout_delay = Number("Max playout delay", description="Milliseconds.")
    sync_streams = BooleanField("Synchronize audio and video", description="For playout delays over 200 ms.")
    room_preset = Text("Preset", [utf8], description="Name of a room configuration in livekit.yaml.")
    node_id = Text("Node", [utf8], description="ID of the node to open it on. LiveKit chooses one if empty.")
    tags = LongText("Tags", [string_map], description='JSON, such as {"team": "support"}.')
    agents = LongText(
        "Agents",
        [json_list_of(RoomAgentDispatch)],
        description='Agents to dispatch when the room opens. JSON, such as [{"agent_name": "notes"}].',
    )
    egress = LongText(
        "Automatic recording",
        [json_of(RoomEgress)],
        description="RoomEgress as JSON. Without an egress worker, opening the room then takes 10 seconds.",
    )

    def validate_max_playout_delay(self, field: Number) -> None:
        """Checked by WTForms after the field's own checks."""
        least = self.min_playout_delay.data
        if field.data is not None and least is not None and field.data < least:
            raise ValidationError(f"Give {least} ms or more, the min playout delay.")

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """What LiveKit says against the node or the preset is shown at its field."""
        with super().refusals():
            yield
        reason = self.refusal.reason if self.refusal else ""
        if self.node_id.data and reason == NO_NODE:
            self.node_id.errors = [f"LiveKit has no node with this ID. It says: {reason}."]
        elif self.room_preset.data and reason.startswith(NO_PRESET):
            self.room_preset.errors = [f"LiveKit has no preset with this name. It says: {reason}."]
        if self.wrong:
            self.refusal = None

    def wanted(self) -> NewRoom:
        """What to create."""
        values = {name: field.data for name, field in self._fields.items()}
        values["tags"] = parsed(self.tags, None)
        values["agents"] = parsed(self.agents, None)
        values["egress"] = parsed(self.egress, None)
        return NewRoom(**values)

    def example(self) -> NewRoom:
        """For commands that do the same: what was entered so far, which need not be right, without what is JSON."""
        given: dict[str, Any] = {"name": "standup", "empty_timeout": 600, "departure_timeout": 20}
        for name in EXAMPLE:
            if self[name].data and not self[name].errors:
                given[name] = self[name].data
        return NewRoom(**given)


def in_words(setting: str, value: int | str | None) -> str:
    """A room's setting as pages show it: `20`, `no limit`, `10 min`, or how long the metadata is."""
    if setting == "max_participants":
        return f"{value:,}" if value else "no limit"
    if isinstance(value, int):
        return span(value)
    return str(value) if value else "none"


def opening(opened: Opened) -> tuple[str, str]:
    """What became of the creation of a room: a sentence, and a second one if it isn't a new room as requested."""
    if opened.existed:
        same = " It already has these settings." if opened.requested else ""
        there = plural(opened.room.participants, "participant")
        return f"{opened.room.label} is already open", f"No room was created. It has {there}.{same}"
    text = f"{opened.room.label} is open"
    return text, " ".join(map(_differs, opened.differences))


def _differs(difference: Difference) -> str:
    label = getattr(NewRoomForm(), difference.setting).label.text
    if difference.setting == "metadata":
        return "Its metadata differs from what was requested."
    actual, requested = (
        in_words(difference.setting, value) for value in (difference.actual, difference.requested)
    )
    return f"{label}: {actual}, not {requested} as requested."


class RoomMetadataForm(PartsForm):
    """The metadata of an open room."""

    metadata = LongText("Metadata", [utf8, at_most(MAX_METADATA)])

    def entered(self) -> Parts:
        return {"metadata": self.metadata.data}

    def fill(self, now: Parts) -> None:
        self.metadata.data = now["metadata"]


def parts_of(room: Room) -> Parts:
    """What the form of its metadata shows."""
    return {"metadata": lines(editable(room.metadata))}
