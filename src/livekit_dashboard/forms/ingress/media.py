"""The part of the ingress forms for audio and video: tracks, encodings and layers."""

import re
from typing import Any

import wtforms
from livekit.protocol import models
from wtforms import SelectField, ValidationError

from livekit_dashboard.forms.base import Number, SelectChoice, Text, utf8
from livekit_dashboard.forms.proto import Choice, Count, Line, Placed, ProtoForm, Tick
from livekit_dashboard.services.ingress import media as words

DEFAULT, OWN = "", "own"
SIZE = re.compile(r"\s*([0-9]{1,5})\s*[x×]\s*([0-9]{1,5})\s*")
OFF = 0  # Of `enable_transcoding`.


class Encoding(Placed, SelectField):
    """The oneof of an encoding: none, a preset, or custom settings."""

    def __init__(self, label: str, presets: words.Words, **kwargs: Any) -> None:
        choices = [(DEFAULT, words.ORIGINAL), *((str(value), word) for value, word in presets)]
        choices.append((OWN, "Custom"))
        super().__init__(
            label, choices=[SelectChoice(value, word) for value, word in choices], default=DEFAULT, **kwargs
        )

    def meet(self, message: Any) -> None:
        offered: Any = self.choices
        stored = self.read(self.holder(message))
        if stored not in [choice.value for choice in offered]:
            self.choices = [*offered, SelectChoice(stored, f"Unchanged ({stored})")]

    def read(self, holder: Any) -> str:
        kind = holder.WhichOneof(self.place)
        return str(holder.preset) if kind == "preset" else OWN if kind else DEFAULT

    def write(self, holder: Any) -> None:
        holder.ClearField(self.place)
        if self.data == OWN:
            holder.options.SetInParent()
        elif self.data:
            holder.preset = int(self.data)


class Kilobits(Count):
    """A bitrate in bit/s, entered in kbit/s."""

    def read(self, holder: Any) -> int | None:
        return round(getattr(holder, self.place) / 1000) or None

    def write(self, holder: Any) -> None:
        setattr(holder, self.place, (self.data or 0) * 1000)


class FrameRate(Placed, Text):
    """Frames per second, with decimals; empty for 0."""

    def read(self, holder: Any) -> str:
        value = getattr(holder, self.place)
        return f"{value:g}" if value else ""

    def write(self, holder: Any) -> None:
        setattr(holder, self.place, float(self.data or 0))


class Layer(Placed):
    """A field of the video layer with one quality."""

    def __init__(self, label: str, quality: int, **kwargs: Any) -> None:
        super().__init__(label, path="video.options.layers", **kwargs)
        self.quality = quality

    def layer(self, holder: Any) -> Any:
        """The layer, or None."""
        return next((layer for layer in holder.layers if layer.quality == self.quality), None)


class LayerSize(Layer, Text):
    """Width and height of a layer; an empty field removes it."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height as numbers; None if they can't be read."""
        match = SIZE.fullmatch(self.data or "")
        return (int(match[1]), int(match[2])) if match else None

    def read(self, holder: Any) -> str:
        layer = self.layer(holder)
        return f"{layer.width}x{layer.height}" if layer else ""

    def write(self, holder: Any) -> None:
        layer = self.layer(holder)
        if self.size is None:
            if layer:
                holder.layers.remove(layer)
            return
        layer = layer or holder.layers.add(quality=self.quality)
        layer.width, layer.height = self.size


class LayerRate(Layer, Number):
    """A bitrate in bit/s, entered in kbit/s."""

    def read(self, holder: Any) -> int | None:
        layer = self.layer(holder)
        return round(layer.bitrate / 1000) or None if layer else None

    def write(self, holder: Any) -> None:
        layer = self.layer(holder)
        if layer:
            layer.bitrate = (self.data or 0) * 1000


def even_size(_: wtforms.Form, field: LayerSize) -> None:
    """Rejects sizes that encoders don't support."""
    if not field.data:
        return
    if field.size is None:
        raise ValidationError("Enter width and height, such as 1280x720.")
    if any(side == 0 or side % 2 for side in field.size):
        raise ValidationError("Enter an even width and height, above 0.")


class MediaForm(ProtoForm):
    """The tracks of an ingress. Encoding fields are checked only for custom settings."""

    audio_name = Line("Audio track name", path="audio.name", validators=[utf8])
    audio_source = Choice("Audio track source", words.AUDIO_SOURCES, path="audio.source")
    audio_encoding = Encoding("Audio encoding", words.AUDIO_PRESETS, path="audio.encoding_options")
    audio_codec = Choice("Audio codec", words.AUDIO_CODECS, path="audio.options.audio_codec")
    audio_bitrate = Kilobits(
        "Audio bitrate",
        path="audio.options.bitrate",
        high=1000,
        description="kbit/s. Default: chosen by LiveKit.",
    )
    channels = Choice(
        "Channels", ((0, "LiveKit default"), (1, "Mono"), (2, "Stereo")), path="audio.options.channels"
    )
    disable_dtx = Tick(
        "Send silence",
        path="audio.options.disable_dtx",
        description="Turns off DTX, which saves bandwidth during silence.",
    )
    video_name = Line("Video track name", path="video.name", validators=[utf8])
    video_source = Choice("Video track source", words.VIDEO_SOURCES, path="video.source")
    video_encoding = Encoding("Video encoding", words.VIDEO_PRESETS, path="video.encoding_options")
    video_codec = Choice("Video codec", words.VIDEO_CODECS, path="video.options.video_codec")
    frame_rate = FrameRate(
        "Frame rate", path="video.options.frame_rate", description="fps, such as 30 or 29.97."
    )
    high_size = LayerSize("High layer", models.HIGH, validators=[even_size])
    high_rate = LayerRate("High layer bitrate", models.HIGH, high=100_000)
    medium_size = LayerSize("Medium layer", models.MEDIUM, validators=[even_size])
    medium_rate = LayerRate("Medium layer bitrate", models.MEDIUM, high=100_000)
    low_size = LayerSize("Low layer", models.LOW, validators=[even_size])
    low_rate = LayerRate("Low layer bitrate", models.LOW, high=100_000)

    @property
    def transcodes(self) -> bool:
        """Whether LiveKit transcodes the stream."""
        raise NotImplementedError

    @property
    def layers(self) -> list[tuple[LayerSize, LayerRate]]:
        """Highest first."""
        return [
            (self.high_size, self.high_rate),
            (self.medium_size, self.medium_rate),
            (self.low_size, self.low_rate),
        ]

    def store(self, message: Any) -> None:
        for field in self._placed():
            if not self._hidden(field):
                field.store(message)

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        for field in self._placed():
            if self._hidden(field):
                field.errors = []
        return not self.errors

    def _hidden(self, field: Placed) -> bool:
        """Whether a field of custom settings is hidden, because another encoding is chosen."""
        return "options" in field.path and self[f"{field.path[0]}_encoding"].data != OWN

    def validate_audio_encoding(self, field: Encoding) -> None:
        """Checked by WTForms after the field's own checks."""
        if field.data and not self.transcodes:
            raise ValidationError(
                "Without transcoding, the stream is not encoded. Choose the LiveKit default."
            )

    validate_video_encoding = validate_audio_encoding

    def validate_frame_rate(self, field: FrameRate) -> None:
        """Checked by WTForms after the field's own checks."""
        if field.data and not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,4})?", field.data):
            raise ValidationError("Enter a frame rate, such as 30 or 29.97.")

    def validate_high_size(self, field: LayerSize) -> None:
        """Checked by WTForms after the field's own checks."""
        self._not_smaller(field, [self.medium_size, self.low_size])

    def validate_medium_size(self, field: LayerSize) -> None:
        """Checked by WTForms after the field's own checks."""
        self._not_smaller(field, [self.low_size])

    def validate_high_rate(self, field: LayerRate) -> None:
        """Checked by WTForms after the field's own checks."""
        size = next(size for size, rate in self.layers if rate is field)
        if field.data and not size.data:
            raise ValidationError("Enter the size too. A layer without a size is not published.")

    validate_medium_rate = validate_low_rate = validate_high_rate

    def _not_smaller(self, field: LayerSize, lower: list[LayerSize]) -> None:
        for other in lower:
            if field.size and other.size and any(a < b for a, b in zip(field.size, other.size, strict=True)):
                raise ValidationError(
                    f"This is smaller than the {other.label.text.lower()}. Enter a larger size."
                )
