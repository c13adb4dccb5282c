"""Commands and programs for phone calls. They contain no passwords."""

from livekit_dashboard.services.sip.calls import Call

from .calls import lk_who, python_calls
from .shell import commented

NEW_LK = "lk sip participant create \\\n  --trunk ST_… \\\n  --call +493012345678 \\\n  --room standup \\\n  --wait"
NEW_LK_JSON = "lk sip participant create call.json"
NEW_PYTHON = python_calls(
    "await lk.sip.create_sip_participant(",
    "    api.CreateSIPParticipantRequest(",
    '        sip_trunk_id="ST_…",',
    '        sip_call_to="+493012345678",',
    '        room_name="standup",',
    "        wait_until_answered=True,",
    "    )",
    ")",
)


def lk_call(call: Call) -> str:
    """Commands that show a call, transfer it, and hang up."""
    where = lk_who(call.room, call.identity)
    return "\n".join(
        [
            f"lk room participants get {where}",
            *commented(
                f"lk sip participant transfer {where} \\\n  --to tel:NUMBER",
                f"lk room participants remove {where}",
            ),
        ]
    )


def python_call(call: Call) -> str:
    """A program that does the same with livekit-api."""
    return python_calls(
        "who = api.RoomParticipantIdentity(",
        f"    room={call.room!r},",
        f"    identity={call.identity!r},",
        ")",
        "print(await lk.room.get_participant(who))",
        *commented(
            "await lk.sip.transfer_sip_participant(",
            "    api.TransferSIPParticipantRequest(",
            "        room_name=who.room,",
            "        participant_identity=who.identity,",
            '        transfer_to="tel:NUMBER",',
            "    )",
            ")",
            "await lk.room.remove_participant(who)",
        ),
    )
