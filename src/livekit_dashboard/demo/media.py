"""Sound and pictures to publish, generated: no camera, no microphone, no files.

Everything is computed once or copied into one buffer, because a dozen participants publish from one process.
"""

import functools
import itertools
import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from livekit import rtc

SAMPLE_RATE = 48_000
AUDIO_CHUNK = 0.5
"""Seconds of sound handed over at a time. Each hand-over wakes every room of the process once."""

_PHRASE = (1, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0)
"""Who speaks also pauses: one digit a chunk."""

_SYLLABLES_PER_SECOND = 4
_LOUDNESS = 2400
"""Of 32767: a soft tone, yet loud enough for the server to call its publisher a speaker."""

Picture = npt.NDArray[np.uint8]


def voice(pitch: float) -> Iterator[rtc.AudioFrame]:
    """Endless sound of someone who speaks in phrases, mono; ``pitch`` in Hz. It never waits."""
    tone, silence = _spoken(pitch), _spoken(0)
    start = int(pitch) % len(_PHRASE)  # so that not all begin to speak together
    for speaks in itertools.islice(itertools.cycle(_PHRASE), start, None):
        yield tone if speaks else silence


@functools.cache
def _spoken(pitch: float) -> rtc.AudioFrame:
    seconds = np.arange(int(SAMPLE_RATE * AUDIO_CHUNK)) / SAMPLE_RATE
    syllables = np.sin(math.pi * _SYLLABLES_PER_SECOND * seconds) ** 2
    tone = np.sin(2 * math.pi * pitch * seconds) + 0.4 * np.sin(4 * math.pi * pitch * seconds)
    samples = (tone * syllables * _LOUDNESS).astype("<i2")
    return rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE, 1, len(samples))


class _Film:
    """Pictures of one tint whose brightness changes from frame to frame, in one reused buffer."""

    def __init__(self, background: Picture, tint: tuple[int, int]) -> None:
        height, width = background.shape
        self._buffer = bytearray(width * height * 3 // 2)
        planes = np.frombuffer(self._buffer, np.uint8)
        luma, *chroma = np.split(planes, [width * height, width * height * 5 // 4])
        for plane, value in zip(chroma, tint, strict=True):
            plane[:] = value
        self.background = background
        self.picture: Picture = luma.reshape(height, width)
        self._frame = rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, self._buffer)

    def develop(self) -> rtc.VideoFrame:
        """The buffer as a frame. It is good until the picture changes; capturing a frame copies it."""
        return self._frame


def camera(width: int, height: int, hue: int) -> Iterator[rtc.VideoFrame]:
    """Endless film of a bright ball that wanders over a soft gradient; ``hue`` in degrees tints it."""
    ramp = np.add.outer(np.linspace(60, 110, height), np.linspace(0, 40, width)).astype(np.uint8)
    angle = math.radians(hue)
    film = _Film(ramp, (128 + int(50 * math.cos(angle)), 128 + int(50 * math.sin(angle))))
    size = height // 3
    axis = np.linspace(-1, 1, size)
    ball = (np.add.outer(axis**2, axis**2) < 1) * np.uint8(100)  # over the ramp this stays below 255
    for count in itertools.count():
        phase = math.radians(count * 6 + hue)
        left = int((width - size) * (0.5 + 0.5 * math.sin(phase)))
        top = int((height - size) * (0.5 + 0.5 * math.cos(2 * phase)))
        film.picture[:] = film.background
        film.picture[top : top + size, left : left + size] += ball
        yield film.develop()


def document(width: int, height: int) -> Iterator[rtc.VideoFrame]:
    """Endless film of a page of gray text that scrolls, a line at a time."""
    line = 24
    page = np.full((height, width), 235, np.uint8)
    for number, top in enumerate(range(line, height - line, line)):
        length = 0.35 + 0.5 * abs(math.sin(number * 1.7))  # ragged, as text is
        page[top : top + line // 2, width // 10 : int(width * length)] = 90
    film = _Film(page, (128, 128))
    for count in itertools.count():
        film.picture[:] = np.roll(film.background, -line * count, axis=0)
        yield film.develop()
