"""What becomes of the names of recordings; the examples are those of livekit-egress' README."""

from datetime import UTC, datetime

import pytest

from livekit_dashboard.services.egress.names import KNOWN, PLACEHOLDERS, SUGGESTIONS, Subject, becomes, stay

AT = datetime(2022, 10, 4, 1, 13, 6, 789_000, tzinfo=UTC)


def _subject(kind: str = "room", room: str = "testroom") -> Subject:
    return Subject(kind, room, "RM_x", identity="david", track_id="TR_x", at=AT)


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("", "testroom-2022-10-04T011306.mp4"),
        ("livekit-recordings/", "livekit-recordings/testroom-2022-10-04T011306.mp4"),
        ("{room_name}/{time}", "testroom/2022-10-04T011306.mp4"),
        ("{room_id}-{utc}.mp4", "RM_x-20221004011306789.mp4"),
        ("take.webm", "take.mp4"),
        ("take.v2", "take.v2.mp4"),
        ("../../etc/take.mp4", "etc/take.mp4"),
        ("a//b/./c.mp4", "a/b/c.mp4"),
        ("..", "testroom-2022-10-04T011306.mp4"),
        ("/abs/take.mp4", "/abs/take.mp4"),
        ("{nobody}.mp4", "{nobody}.mp4"),
        ("{publisher_identity}.mp4", "{publisher_identity}.mp4"),
    ],
)
def test_a_name_becomes_a_path(template: str, path: str) -> None:
    assert becomes(template, _subject(), ".mp4") == path


@pytest.mark.parametrize(
    ("kind", "template", "path"),
    [
        ("participant", "{publisher_identity}", "david.mp4"),
        ("participant", "", "david-2022-10-04T011306.mp4"),
        ("web", "", "web-2022-10-04T011306.mp4"),
        ("web", "{room_name}", "{room_name}.mp4"),
        ("tracks", "{publisher_identity}/", "david/testroom-2022-10-04T011306.mp4"),
    ],
)
def test_each_kind_knows_its_own_placeholders(kind: str, template: str, path: str) -> None:
    assert becomes(template, _subject(kind), ".mp4") == path


def test_a_track_has_the_ending_of_its_codec() -> None:
    assert becomes("{track_type}-{track_source}-{track_id}", _subject("track"), "") == "audio-microphone-TR_x"


def test_a_rooms_name_comes_after_the_cleaning_as_the_worker_does_it() -> None:
    assert becomes("{room_name}.mp4", _subject(room="a/../b"), ".mp4") == "a/../b.mp4"


@pytest.mark.parametrize(
    ("template", "kind", "names"),
    [
        ("{room_name}-{time}", "room", []),
        ("{room_name}-{time}", "web", ["{room_name}"]),
        ("{track_id}{foo}", "participant", ["{track_id}", "{foo}"]),
        ("{track_id}-{retry}", "track", []),
        ("no braces, {not closed", "room", []),
    ],
)
def test_what_stays_as_it_is_is_told(template: str, kind: str, names: list[str]) -> None:
    assert stay(template, kind) == names


def test_every_placeholder_is_explained_and_every_suggestion_is_filled_in() -> None:
    assert set(PLACEHOLDERS) == {name for names in KNOWN.values() for name in names}
    assert not [kind for kind, template in SUGGESTIONS.items() if stay(template, kind)]
