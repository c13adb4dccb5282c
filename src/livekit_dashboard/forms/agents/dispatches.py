"""The form of an agent dispatch, with every field that LiveKit has."""

from typing import Any

import wtforms
from livekit.protocol.agent_dispatch import JobRestartPolicy
from wtforms import ValidationError

from livekit_dashboard.forms.base import at_most, required, utf8
from livekit_dashboard.forms.proto import Area, Choice, Line, ProtoForm, TextMap
from livekit_dashboard.services.agents.agents import LONGEST_DEPLOYMENT
from livekit_dashboard.services.participants.info import MAX_ATTRIBUTES
from livekit_dashboard.services.rooms.rooms import MAX_METADATA, MAX_NAME
from livekit_dashboard.web.filters import byte_length

POLICIES = (
    (JobRestartPolicy.JRP_ON_FAILURE, "When it fails"),
    (JobRestartPolicy.JRP_NEVER, "Never"),
)


def deployment_name(_: wtforms.Form, field: Any) -> None:
    """What LiveKit takes for one."""
    if byte_length(field.data) > LONGEST_DEPLOYMENT:
        raise ValidationError(f"LiveKit allows {LONGEST_DEPLOYMENT} bytes.")
    if any(letter <= " " or letter in "_\x7f" for letter in field.data):
        raise ValidationError("LiveKit allows no spaces and no underscores here.")


class DispatchForm(ProtoForm):
    """An agent that is to come to a room."""

    room = Line(
        "Room",
        [required("Say which room."), utf8, at_most(MAX_NAME)],
        description="Opened if it isn’t open.",
    )
    agent_name = Line(
        "Agent name",
        [utf8, at_most(MAX_NAME)],
        description="Spelled as in the worker; upper and lower case count. Empty for workers without a name.",
    )
    metadata = Area(
        "Metadata", [utf8, at_most(MAX_METADATA)], description="Handed to the agent with its job, often JSON."
    )
    attributes = TextMap(
        "Attributes",
        validators=[at_most(MAX_ATTRIBUTES)],
        description='Of the job. JSON, such as {"language": "de"}.',
    )
    restart_policy = Choice("Start it again", POLICIES)
    deployment = Line(
        "Deployment",
        [utf8, deployment_name],
        description="Only workers that registered with the same one. Empty for those without.",
    )
