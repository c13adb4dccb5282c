"""What a participant's client reports about itself and its tracks, in words; values newer than this SDK keep their number."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from livekit.protocol import models

NO_REASON = models.DisconnectReason.UNKNOWN_REASON
# Words that capitalization alone gets wrong, in what is left of an enum's names.
NAMES = {
    "connector whatsapp": "WhatsApp connector",
    "connector twilio": "Twilio connector",
    "bridge rtsp": "RTSP bridge",
    "cloud agent": "LiveKit Cloud agent",
    "compression deflate raw": "DEFLATE compression",
    "no dtx": "DTX off",
    "sip trunk failure": "SIP trunk failure",
}


@dataclass(frozen=True)
class DataTrack:
    """A published data track."""

    sid: str
    name: str
    encrypted: bool


@dataclass(frozen=True)
class Details:
    """The rare facts about a participant. Empty texts and 0 mean that LiveKit doesn't report them."""

    kinds: tuple[str, ...]  # What kind of agent, connector or bridge it is.
    disconnect_reason: str
    client_protocol: int
    capabilities: tuple[str, ...]
    data_tracks: tuple[DataTrack, ...]


def details(info: models.ParticipantInfo) -> Details:
    """Turns the wire's message into what templates see."""
    reason = info.disconnect_reason
    return Details(
        kinds=_words(models.ParticipantInfo.KindDetail, info.kind_details),
        disconnect_reason="" if reason == NO_REASON else _word(models.DisconnectReason, reason),
        client_protocol=info.client_protocol,
        capabilities=_words(models.ClientInfo.Capability, info.capabilities, "cap_"),
        data_tracks=tuple(
            DataTrack(track.sid, track.name, track.encryption != models.Encryption.NONE)
            for track in sorted(info.data_tracks, key=lambda track: track.sid)
        ),
    )


def features(track: models.TrackInfo) -> tuple[str, ...]:
    """What an audio or video track is sent with: `Echo cancellation`, `DTX off`, `Frame id`."""
    audio = [one for one in track.audio_features if one != models.AudioTrackFeature.TF_STEREO]
    return (
        *_words(models.AudioTrackFeature, audio, "tf_"),
        *_words(models.PacketTrailerFeature, track.packet_trailer_features, "ptf_"),
        *(("RED off",) if track.disable_red else ()),
    )


def _words(enum: Any, values: Iterable[int], prefix: str = "") -> tuple[str, ...]:
    return tuple(_word(enum, value, prefix) for value in values)


def _word(enum: Any, value: int, prefix: str = "") -> str:
    try:
        word = str(enum.Name(value)).lower().removeprefix(prefix).replace("_", " ")
    except ValueError:
        return f"Unknown ({value})"
    return NAMES.get(word, word.capitalize())
