"""Forms about rooms."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import RoomEgress
from wtforms import BooleanField, ValidationError

from ..services.rooms import MAX_METADATA, MAX_NAME, NO_NODE, NO_PRESET, NewRoom, Room, editable
from ..services.snippets_rooms import FLAGS
from .base import (
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
from .shared import Parts, PartsForm, lines

EXAMPLE = ("name", "max_participants", *FLAGS, "node_id")


class NewRoomForm(Form):
    """Everything that a self-hosted server takes when a room is created, the common things first."""

    name = Text(
        "Name",
        [required("Give the room a name."), utf8, at_most(MAX_NAME)],
        description="Anything goes, up to 256 bytes. People join by this name.",
    )
    max_participants = Number("Most participants", description="Empty for no limit.")
    empty_timeout = Number("Close if nobody joins", description="Seconds. The server’s own setting if empty.")
    departure_timeout = Number(
        "Close after the last one left", description="Seconds. The server’s own setting if empty."
    )
    metadata = LongText(
        "Metadata",
        [utf8, at_most(MAX_METADATA)],
        description="Text that everyone in the room can read, often JSON.",
    )
    min_playout_delay = Number("Least playout delay", description="Milliseconds that receivers buffer.")
    max_playout_delay = Number("Most playout delay", description="Milliseconds.")
    sync_streams = BooleanField("Keep audio and video in step", description="For playout delays over 200 ms.")
    room_preset = Text("Preset", [utf8], description="Name of a configuration under room: in livekit.yaml.")
    node_id = Text("Node", [utf8], description="Id of the node to open it on. The server chooses if empty.")
    tags = LongText("Tags", [string_map], description='JSON, such as {"team": "support"}.')
    agents = LongText(
        "Agents",
        [json_list_of(RoomAgentDispatch)],
        description='Dispatched when the room opens. JSON, such as [{"agent_name": "notes"}].',
    )
    egress = LongText(
        "Automatic recording",
        [json_of(RoomEgress)],
        description="RoomEgress as JSON. Without an egress worker, opening the room then takes ten seconds.",
    )

    def validate_max_playout_delay(self, field: Number) -> None:
        """Checked by WTForms after the field's own checks."""
        least = self.min_playout_delay.data
        if field.data is not None and least is not None and field.data < least:
            raise ValidationError(f"This has to be {least} ms or more, the least delay.")

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """What LiveKit says against the node or the preset is shown at its field."""
        with super().refusals():
            yield
        reason = self.refusal.reason if self.refusal else ""
        if self.node_id.data and reason == NO_NODE:
            self.node_id.errors = [f"LiveKit has no node of this id. It says: {reason}."]
        elif self.room_preset.data and reason.startswith(NO_PRESET):
            self.room_preset.errors = [f"LiveKit has no preset of this name. It says: {reason}."]
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
