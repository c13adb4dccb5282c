"""Fields and checks that the forms of trunks and dispatch rules share: media, headers, source addresses, hosts."""

import re
from typing import Any

import wtforms
from livekit.protocol.sip import SIPHeaderOptions, SIPMediaEncryption
from wtforms import ValidationError

from livekit_dashboard.forms.base import utf8
from livekit_dashboard.forms.proto import UNSET, Choice, Lines, MaybeChoice, ProtoForm, Seconds, Tick
from livekit_dashboard.services.sip.match.addresses import is_unreadable, usable
from livekit_dashboard.services.sip.match.outbound_faults import host_problem

LONGEST_MEDIA_TIMEOUT = 600  # Seconds; LiveKit's limit.
LONGEST = 365 * 86400  # Seconds; our own limit, to catch typing errors.

ENCRYPTION = (
    (SIPMediaEncryption.SIP_MEDIA_ENCRYPT_DISABLE, "Off"),
    (SIPMediaEncryption.SIP_MEDIA_ENCRYPT_ALLOW, "Use SRTP if the other side offers it"),
    (SIPMediaEncryption.SIP_MEDIA_ENCRYPT_REQUIRE, "Require SRTP"),
)
HEADERS = (
    (SIPHeaderOptions.SIP_NO_HEADERS, "None"),
    (SIPHeaderOptions.SIP_X_HEADERS, "Those that begin with X-"),
    (SIPHeaderOptions.SIP_ALL_HEADERS, "All"),
)
NUMBERS_HINT = (
    "One per line, as + and digits. No wildcards, ranges or SIP URIs: LiveKit compares entries literally."
)


class Codecs(Lines):
    """Codecs, one per line: `PCMU`, or `PCMU/8000` with a rate."""

    def read(self, holder: Any) -> str:
        return "\n".join(
            f"{codec.name}/{codec.rate}" if codec.rate else codec.name for codec in holder.codecs
        )

    def write(self, holder: Any) -> None:
        holder.ClearField("codecs")
        for name, _, rate in (line.partition("/") for line in self.lines):
            holder.codecs.add(name=name, rate=int(rate or 0))


def codec_lines(_: wtforms.Form, field: Codecs) -> None:
    """Each line is a codec."""
    for line in field.lines:
        if not re.fullmatch(r"[^\s/]+(/[0-9]{1,9})?", line):
            raise ValidationError(f"“{line}” isn’t a codec. Enter PCMU, or PCMU/8000 with a sample rate.")


def source_addresses(_: wtforms.Form, field: Lines) -> None:
    """Each line is an address, a range or a host name. LiveKit silently ignores anything else."""
    for line in field.lines:
        if not usable([line]):
            raise ValidationError(
                f"“{line}” isn’t an address, and LiveKit would ignore it. Enter 203.0.113.7 or 203.0.113.0/24,"
                " without scheme, spaces or lists."
            )
        if is_unreadable(line):
            raise ValidationError(
                f"“{line}” can’t be read. Enter an address such as 203.0.113.7, without port, or a range such as 203.0.113.0/24."
            )


def host(_: wtforms.Form, field: wtforms.Field) -> None:
    """A host or address, with a port or without, and not a SIP URI: LiveKit builds that from it."""
    text = field.data or ""
    if re.match(r"sips?:", text, re.IGNORECASE):
        raise ValidationError("Leave out sip: and enter the host alone, such as sip.example.com:5060.")
    if "transport=" in text or ";" in text:
        raise ValidationError(
            "Leave out the semicolon and what follows. Choose the transport in its own field."
        )
    if "@" in text:
        raise ValidationError("Leave out the user and the @. The called number becomes the user.")
    if re.search(r"\s", text) or "://" in text:
        raise ValidationError("Enter the host alone, such as sip.example.com:5060.")
    if text and (problem := host_problem(text)):
        raise ValidationError(problem)


class MediaForm(ProtoForm):
    """SIPMediaConfig, which trunks of both directions and dispatch rules have."""

    encryption = MaybeChoice("Media encryption", ((UNSET, "Not set"), *ENCRYPTION), path="media.encryption")
    codecs = Codecs(
        "Codecs",
        validators=[utf8, codec_lines],
        path="media.codecs",
        description="One per line, such as PCMU or PCMU/8000. If empty, LiveKit SIP’s own list.",
    )
    only_listed_codecs = Tick(
        "Only these codecs",
        path="media.only_listed_codecs",
        description="If off, these come before LiveKit SIP’s own.",
    )
    media_timeout = Seconds(
        "Media timeout",
        path="media.media_timeout",
        high=LONGEST_MEDIA_TIMEOUT,
        description="Seconds without media until LiveKit hangs up, at most 600. If empty or 0, LiveKit SIP’s own.",
    )
    media_encryption = Choice(
        "Media encryption (older field)",
        ENCRYPTION,
        description="Used only if “Media encryption” is not set.",
    )
