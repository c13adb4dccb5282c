"""Sample webhooks of every event, made from the protobuf classes, so they have the shape that LiveKit sends."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import MessageToJson
from livekit.protocol import egress, ingress, models
from livekit.protocol.webhook import WebhookEvent

ROOM_ID = "RM_5hWkZpQ3xYbT"


def sample(event: str, room: str = "standup", identity: str = "ana") -> str:
    """The JSON body of an event with this room and participant; `event` is one of EVENTS."""
    message = WebhookEvent(event=event, id=f"EV_{uuid.uuid4().hex[:12]}", created_at=int(time.time()))
    _PARTS[event.split("_")[0]](message, room, identity)
    text: str = MessageToJson(message, ensure_ascii=False)
    return text


def _room(message: WebhookEvent, name: str, _: str) -> None:
    now = int(time.time())
    room = models.Room(sid=ROOM_ID, name=name, empty_timeout=300, departure_timeout=20, num_participants=2)
    room.creation_time = now - 60
    message.room.CopyFrom(room)


def _participant(message: WebhookEvent, name: str, identity: str) -> None:
    _room(message, name, identity)
    message.participant.CopyFrom(
        models.ParticipantInfo(
            sid="PA_t9XcQw3LmHvB",
            identity=identity,
            name=identity.capitalize(),
            state=models.ParticipantInfo.State.ACTIVE,
            joined_at=int(time.time()) - 30,
            permission=models.ParticipantPermission(
                can_subscribe=True, can_publish=True, can_publish_data=True
            ),
        )
    )


def _track(message: WebhookEvent, name: str, identity: str) -> None:
    _participant(message, name, identity)
    message.track.CopyFrom(
        models.TrackInfo(
            sid="TR_AMq2Wf7sLkXz",
            type=models.TrackType.AUDIO,
            source=models.TrackSource.MICROPHONE,
            mime_type="audio/opus",
        )
    )


def _egress(message: WebhookEvent, name: str, _: str) -> None:
    states: dict[str, Any] = {
        "egress_started": egress.EgressStatus.EGRESS_STARTING,
        "egress_updated": egress.EgressStatus.EGRESS_ACTIVE,
        "egress_ended": egress.EgressStatus.EGRESS_COMPLETE,
    }
    message.egress_info.CopyFrom(
        egress.EgressInfo(
            egress_id="EG_7YtQm4sVxNcR",
            room_id=ROOM_ID,
            room_name=name,
            status=states[message.event],
            started_at=(int(time.time()) - 20) * 10**9,
        )
    )


def _ingress(message: WebhookEvent, name: str, identity: str) -> None:
    message.ingress_info.CopyFrom(
        ingress.IngressInfo(
            ingress_id="IN_3bKqPz8WmTdL",
            name="camera 1",
            room_name=name,
            participant_identity=identity,
            input_type=ingress.IngressInput.RTMP_INPUT,
        )
    )


_PARTS: dict[str, Callable[[WebhookEvent, str, str], None]] = {
    "room": _room,
    "participant": _participant,
    "track": _track,
    "egress": _egress,
    "ingress": _ingress,
}
