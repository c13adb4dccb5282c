"""Requests that place or transfer a call."""

from typing import Any

from livekit import api

Request = api.CreateSIPParticipantRequest
RINGING = 30  # Seconds; the default that the SDK sends.


def new(*, room: str = "", to: str = "", trunk: str = "") -> api.CreateSIPParticipantRequest:
    """A request that waits for the answer."""
    return api.CreateSIPParticipantRequest(
        room_name=room, sip_call_to=to, sip_trunk_id=trunk, wait_until_answered=True
    )


def where(request: api.CreateSIPParticipantRequest) -> tuple[str, str]:
    """Room and identity of a requested call. Without an identity, LiveKit uses `sip_` and the number."""
    return request.room_name, request.participant_identity or f"sip_{request.sip_call_to}"


def new_transfer(room: str, identity: str) -> api.TransferSIPParticipantRequest:
    """A transfer request without a target."""
    return api.TransferSIPParticipantRequest(room_name=room, participant_identity=identity)


def ringing(request: Any) -> float:
    """The ringing timeout of a requested call or transfer, in seconds."""
    return float(request.ringing_timeout.seconds) if request.HasField("ringing_timeout") else float(RINGING)
