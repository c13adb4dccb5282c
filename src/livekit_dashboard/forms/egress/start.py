"""The form that starts a recording or a stream."""

from collections.abc import Mapping
from typing import Any, Self

from google.protobuf.json_format import ParseDict
from livekit import api
from wtforms import BooleanField, RadioField, SelectField

from livekit_dashboard.forms.base import (
    LongText,
    SelectChoice,
    Text,
    at_most,
    json_list_of,
    parsed,
    plain,
    utf8,
)
from livekit_dashboard.services.egress.names import SUGGESTIONS, Subject, becomes, stay
from livekit_dashboard.services.egress.requests import STARTS
from livekit_dashboard.services.participants.info import MAX_IDENTITY
from livekit_dashboard.services.rooms.rooms import MAX_NAME

from .encoding import OWN, EncodingForm
from .fields import LONGEST, PATH, Pick, fill, web_address
from .outputs import TYPES, OutputsForm
from .storage import PLACES, StorageForm

LAYOUTS = {
    "speaker-dark": "Speaker, dark",
    "speaker-light": "Speaker, light",
    "grid-dark": "Grid, dark",
    "grid-light": "Grid, light",
    "single-speaker-dark": "Single speaker, dark",
    "single-speaker-light": "Single speaker, light",
}
MEDIA = {"": "Audio and video", "audio": "Audio only", "video": "Video only"}
# Required fields of each kind, with the error if one is empty.
WANTED: Mapping[str, Mapping[str, str]] = {
    "room": {"room_name": "Enter a room."},
    "participant": {"room_name": "Enter a room.", "identity": "Enter the participant’s identity."},
    "tracks": {"room_name": "Enter a room."},
    "track": {"room_name": "Enter a room.", "track_id": "Enter a track id. It begins with TR_."},
    "web": {"url": "Enter the address of the page."},
}
OUTPUTS_OF = dict.fromkeys(STARTS, ("file", "stream", "segments", "images")) | {
    "track": ("file", "websocket")
}
COMPOSED = ("room", "web")
ADDRESSED = {
    "room": "room_name",
    "identity": "identity",
    "track": "track_id",
    "audio_track": "audio_track_id",
    "video_track": "video_track_id",
    "url": "url",
}
# The kind that a parameter of the address implies, if it has no `kind`.
IMPLIED = {
    "track_id": "track",
    "audio_track_id": "tracks",
    "video_track_id": "tracks",
    "identity": "participant",
    "url": "web",
}
PREFIXES = {
    "file_": "file",
    "stream_": "stream",
    "segments_": "segments",
    "images_": "images",
    "websocket_": "websocket",
}


class StartForm(OutputsForm, StorageForm, EncodingForm):
    """All kinds of recordings. Fields that the page hides for a choice are neither checked nor sent."""

    what = RadioField("What to record", choices=plain(STARTS), default="room")
    room_name = Text("Room", [utf8, at_most(MAX_NAME)])
    identity = Text(
        "Identity",
        [utf8, at_most(MAX_IDENTITY)],
        description="If absent, the recording starts when the participant joins.",
    )
    screen_share = BooleanField("Screen share instead of the camera")
    audio_track_id = Text("Audio track", PATH, description="Track id, TR_…")
    video_track_id = Text("Video track", PATH, description="Track id, TR_…")
    track_id = Text("Track", PATH, description="Track id, TR_…")
    url = Text(
        "Page", [*PATH, at_most(LONGEST), web_address], description="The worker opens it in a browser."
    )
    await_start_signal = BooleanField(
        "Wait for the page",
        description="The recording starts when the page logs START_RECORDING to its console.",
    )
    layout = SelectField(
        "Layout",
        choices=[SelectChoice(*pair) for pair in LAYOUTS.items()],
        default="speaker-dark",
    )
    media = SelectField("Media", choices=[SelectChoice(*pair) for pair in MEDIA.items()], default="")
    audio_mixing = Pick(
        "Channels",
        ((0, "All participants mixed"), (1, "Agents left, others right"), (2, "Alternating left and right")),
        description="For audio-only recordings.",
    )
    custom_base_url = Text(
        "Template", [*PATH, web_address], description="Address of your own page that arranges the room."
    )
    custom_layout = Text(
        "Template layout", PATH, description="Passed to your page instead of the layout above."
    )
    webhooks = LongText(
        "Webhooks",
        [json_list_of(api.WebhookConfig)],
        description='Receive events of this recording, in addition to the server’s webhooks. JSON, such as [{"url": "https://…",'
        ' "signing_key": "API…"}].',
    )

    @classmethod
    def about(cls, given: Mapping[str, str]) -> Self:
        """Filled from an address: `kind`, `room`, `identity`, `track`, `audio_track`, `video_track`, `url`."""
        texts = {field: given[key] for key, field in ADDRESSED.items() if key in given}
        kind = given.get("kind") or next((kind for field, kind in IMPLIED.items() if field in texts), "")
        kind = kind if kind in STARTS else "room"
        return cls(data={"what": kind, "file_filepath": SUGGESTIONS[kind], **texts})

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether all fields that the page shows are valid."""
        super().validate(extra_validators)
        if self.what.errors:
            return False
        self.outputs.data = [name for name in self.outputs.data if name in OUTPUTS_OF[self.what.data]]
        for name, field in self._fields.items():
            if not self._counts(name):
                field.errors = []
        self._check_source()
        self.check_outputs()
        if self.what.data == "track":
            self._check_track()
        else:
            self.check_encoding(self.outputs.data, self.file_type)
        if self.stores:
            self.check_storage()
        return not self.wrong

    @property
    def track_like(self) -> bool:
        return bool(self.what.data == "track")

    @property
    def stores(self) -> bool:
        """Whether anything is stored."""
        return bool({"file", "segments", "images"} & set(self.outputs.data))

    @property
    def audio_alone(self) -> bool:
        if self.what.data in COMPOSED:
            return bool(self.media.data == "audio")
        return self.what.data == "tracks" and not self.video_track_id.data.strip()

    @property
    def again(self) -> bool:
        """Whether a secret was entered that has to be entered again."""
        return any(
            getattr(field, "again", False) and self._counts(name) for name, field in self._fields.items()
        )

    @property
    def rare(self) -> bool:
        """Whether a field in the collapsed part has an error."""
        names = ("quality", "custom_base_url", "custom_layout", "webhooks", "disable_manifest")
        return any(field.name in names or field.name.startswith("encoding_") for field in self.wrong)

    def subject(self, room_id: str = "") -> Subject:
        """The values of the placeholders, as far as they are known."""
        return Subject(
            self.what.data if self.what.data in STARTS else "room",
            self.room_name.data,
            identity=self.identity.data,
            track_id=self.track_id.data,
            room_id=room_id or "RM_…",
        )

    def named(self, room_id: str = "") -> Mapping[str, tuple[str, list[str]]]:
        """For each output the path that its name results in, and the placeholders in it that this kind doesn't have."""
        subject = self.subject(room_id)
        file_ending = "" if self.track_like else TYPES.get(self.file_type, ".mp4")
        endings = {
            "file_filepath": file_ending,
            "segments_playlist_name": ".m3u8",
            "segments_filename_prefix": "",
            "images_filename_prefix": "",
        }
        return {
            name: (becomes(self[name].data.strip(), subject, ending), stay(self[name].data, subject.kind))
            for name, ending in endings.items()
        }

    def request(self) -> Any:
        """The request for LiveKit. Fields with errors are left out."""
        kind = self.what.data if self.what.data in STARTS else "room"
        request: Any = STARTS[kind].message()
        fill(self, "", request)
        if kind in COMPOSED:
            self._store_composed(request)
        if kind == "track":
            self._store_track(request)
        else:
            self._store_outputs(request)
            self.store_encoding(request)
        if not self.webhooks.errors:
            request.webhooks.extend(
                ParseDict(item, api.WebhookConfig()) for item in parsed(self.webhooks, [])
            )
        return request

    def _store_composed(self, request: Any) -> None:
        request.audio_only = self.media.data == "audio"
        request.video_only = self.media.data == "video"
        if self.what.data != "room":
            return
        # Without video there is nothing to lay out; with a layout, the worker would start a browser all the same.
        request.layout = self.custom_layout.data.strip() if self.custom_base_url.data else self.layout.data
        if request.audio_only and not request.custom_base_url:
            request.ClearField("layout")
        if not request.audio_only:
            request.ClearField("audio_mixing")

    def _store_track(self, request: Any) -> None:
        if "websocket" in self.outputs.data:
            request.websocket_url = self.websocket_url.data.strip()
        elif "file" in self.outputs.data:
            request.file.SetInParent()
            fill(self, "file_", request.file)
            request.file.disable_manifest = self.disable_manifest.data
            self.store_storage(request.file)

    def _store_outputs(self, request: Any) -> None:
        chosen = [name for name in OUTPUTS_OF["room"] if name in (self.outputs.data or ())]
        for name in chosen:
            output = getattr(self, f"{name}_output")()
            if name != "stream":
                output.disable_manifest = self.disable_manifest.data
                self.store_storage(output)
            outputs = getattr(
                request, "segment_outputs" if name == "segments" else f"{name.rstrip('s')}_outputs"
            )
            outputs.add().CopyFrom(output)

    def _check_source(self) -> None:
        for name, sentence in WANTED[self.what.data].items():
            if not self[name].data and not self[name].errors:
                self[name].errors = [sentence]
        if self.what.data == "tracks" and not (self.audio_track_id.data or self.video_track_id.data):
            self.audio_track_id.errors = ["Enter an audio track, a video track, or both."]
        if self.what.data == "room" and self.audio_mixing.data and self.media.data != "audio":
            self.audio_mixing.errors = ["Separate channels are available for audio only."]
        if self.custom_layout.data and not self.custom_base_url.data and self._counts("custom_layout"):
            self.custom_base_url.errors = ["Enter the address of the template that has this layout."]

    def _check_track(self) -> None:
        if len(self.outputs.data) > 1:
            self.outputs.errors = ["Choose either a file or a WebSocket for a track."]

    def _counts(self, name: str) -> bool:
        """Whether the page shows a field, given the other entries."""
        kind = self.what.data
        if output := next((word for prefix, word in PREFIXES.items() if name.startswith(prefix)), ""):
            return output in self.outputs.data and not (self.track_like and name == "file_file_type")
        if place := next((place for place in PLACES if name.startswith(f"{place}_")), ""):
            return self.stores and self.storage.data == place
        if name.startswith("proxy_"):
            return self.stores and self.storage.data in ("s3", "gcp")
        if name.startswith("encoding_"):
            return self.quality.data == OWN and not self.track_like
        return name not in SHOWN_FOR or kind in SHOWN_FOR[name]


SHOWN_FOR: Mapping[str, tuple[str, ...]] = {
    "room_name": ("room", "participant", "tracks", "track"),
    "identity": ("participant",),
    "screen_share": ("participant",),
    "audio_track_id": ("tracks",),
    "video_track_id": ("tracks",),
    "track_id": ("track",),
    "url": ("web",),
    "await_start_signal": ("web",),
    "layout": ("room",),
    "media": COMPOSED,
    "audio_mixing": ("room",),
    "custom_base_url": ("room",),
    "custom_layout": ("room",),
    "quality": ("room", "participant", "tracks", "web"),
}
