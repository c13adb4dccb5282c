"""The SIP service's calls that place and transfer phone calls."""

import asyncio
import secrets

from livekit.protocol import sip

from livekit_dashboard.simulator.errors import internal, no_response, participant_not_found
from livekit_dashboard.simulator.tokens.auth import Grants
from livekit_dashboard.simulator.twirp import method, room_admin_of
from livekit_dashboard.simulator.world import World

from .callees import failure
from .checks import RefusedError, check_call, check_transfer
from .trunks import needs_redis, trunk_not_found


def sip_call(grants: Grants, request: object) -> bool:
    """The SIP grant ``call``."""
    return grants.sip.get("call") is True


def sip_call_in_room(grants: Grants, request: sip.TransferSIPParticipantRequest) -> bool:
    """``call``, and ``roomAdmin`` for the very room."""
    return sip_call(grants, request) and room_admin_of(grants, request.room_name)


async def create_participant(
    world: World, request: sip.CreateSIPParticipantRequest
) -> sip.SIPParticipantInfo:
    """Places a call. Responds when the participant has joined, or when the call is answered, as requested."""
    needs_redis(world)
    try:
        check_call(request)
    except RefusedError as error:
        raise error.in_request() from error
    trunk = world.sip.outbound.get(request.sip_trunk_id)
    if request.sip_trunk_id and trunk is None:
        raise trunk_not_found()
    number = request.sip_number or (secrets.choice(trunk.numbers) if trunk else "")
    if not number:
        raise internal("failed_precondition", "no numbers on outbound trunk")
    if not world.telephony.available:
        await asyncio.sleep(world.pace.no_sip_worker)
        raise no_response()
    call = world.telephony.dial(request, trunk, number)
    if request.wait_until_answered:
        # The call continues if the client disconnects.
        callee = await asyncio.shield(call.over)
        if callee != "answers":
            raise failure(callee)
    return sip.SIPParticipantInfo(
        participant_id=call.person.sid,
        participant_identity=call.person.identity,
        room_name=call.room,
        sip_call_id=call.id,
    )


async def transfer_participant(
    world: World, request: sip.TransferSIPParticipantRequest
) -> sip.TransferSIPParticipantResponse:
    """Transfers a participant's call, and responds when that is done."""
    try:
        check_transfer(request)
    except RefusedError as error:
        raise error.in_request() from error
    try:
        person = world.participant(request.room_name, request.participant_identity)
    except KeyError:
        raise participant_not_found() from None
    if "sip.callID" not in person.attributes:
        raise internal("invalid_argument", "no SIP session associated with participant")
    if not world.telephony.available:
        await asyncio.sleep(world.pace.no_sip_worker)
        raise no_response()
    await world.telephony.transfer(person.attributes["sip.callID"], request.transfer_to)
    # The server has an empty message here, which reads the same.
    return sip.TransferSIPParticipantResponse()


def check_whom(world: World, request: sip.TransferSIPParticipantRequest) -> None:
    """Refuses a transfer without room or identity, which the server does before it checks the token."""
    if not request.room_name:
        raise internal("invalid_argument", "Missing room name")
    if not request.participant_identity:
        raise internal("invalid_argument", "Missing participant identity")


METHODS = {
    "SIP/CreateSIPParticipant": method(sip.CreateSIPParticipantRequest, create_participant, sip_call),
    "SIP/TransferSIPParticipant": method(
        sip.TransferSIPParticipantRequest, transfer_participant, sip_call_in_room, check_whom
    ),
}
