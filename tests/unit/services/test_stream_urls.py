"""Addresses of streams: what is shown of them, and what is wrong with them."""

import pytest

from livekit_dashboard.services.stream_urls import fault, is_hidden, redacted, stands_for, without_keys

BOTH = ("RTMP", "SRT")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtmp://live.example.com/app/x7q9-k2", "rtmp://live.example.com/app/••••"),
        ("rtmps://live.example.com:443/a/b/key?backup=1", "rtmps://live.example.com:443/a/b/••••"),
        ("rtmp://live.example.com/app/key live=1", "rtmp://live.example.com/app/•••• live=1"),
        ("rtmp://live.example.com/app/{x7q...-k2}", "rtmp://live.example.com/app/{x7q...-k2}"),
        ("rtmp://live.example.com/app/", "rtmp://live.example.com/app/"),
        ("rtmp://user:word@live.example.com/app/key", "rtmp://••••@live.example.com/app/••••"),
        ("mux://key", "mux://••••"),
        ("twitch://key", "twitch://••••"),
        ("srt://in.example.com:9000", "srt://in.example.com:9000"),
        (
            "srt://in.example.com:9000?mode=caller&passphrase=abc&streamid=x",
            "srt://in.example.com:9000?mode=caller&passphrase=••••&streamid=••••",
        ),
        ("wss://user:word@app.example.com/audio?token=abc", "wss://••••@app.example.com/audio?token=••••"),
        ("wss://app.example.com/audio", "wss://app.example.com/audio"),
    ],
)
def test_what_lets_others_stream_is_hidden(url: str, shown: str) -> None:
    assert redacted(url) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("stream rtmp://b/app/key not found", "stream rtmp://b/app/•••• not found"),
        (
            "invalid url srt://b?passphrase=x: invalid scheme",
            "invalid url srt://b?passphrase=••••: invalid scheme",
        ),
        ('"RTMPS://b/app/key", and mux://key', '"RTMPS://b/app/••••", and mux://••••'),
        ("no response from servers", "no response from servers"),
    ],
)
def test_a_sentence_with_addresses_shows_no_key(text: str, shown: str) -> None:
    assert without_keys(text) == shown


@pytest.mark.parametrize(
    ("shown", "url", "same"),
    [
        ("rtmp://b/app/{x7q...-k2}", "rtmp://b/app/x7q9-abcd-k2", True),
        ("rtmp://b/app/{x7q...-k2}", "rtmp://b/app/other-key-k9", False),
        ("rtmp://b/app/{x7q...-k2}", "rtmp://c/app/x7q9-abcd-k2", False),
        ("rtmp://b/app/{...}", "rtmp://b/app/ab", True),
        ("srt://b:1?passphrase=••••", "srt://b:1?passphrase=x", False),
        ("srt://b:1", "srt://b:1", True),
        ("rtmps://global-live.mux.com:443/app/{abc...xyz}", "mux://abcdefxyz", True),
        ("srt://b:1", "twitch://abc", False),
    ],
)
def test_an_address_is_found_by_what_livekit_shows_of_it(shown: str, url: str, same: bool) -> None:
    assert stands_for(shown, url) is same


def test_what_livekit_has_hidden_is_known() -> None:
    assert is_hidden("rtmp://b/app/{x7q...-k2}")
    assert not is_hidden("rtmp://b/app/key")
    assert not is_hidden("srt://b:1")


@pytest.mark.parametrize(
    "url", ["rtmp://h/app/key", "rtmps://h/a/b/c", "srt://h:1", "mux://key", "TWITCH://key"]
)
def test_good_addresses(url: str) -> None:
    assert fault(url, BOTH) == ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "https://h/app/key",
            "begins with rtmp:// or rtmps://, an SRT address with srt://. This begins with https://.",
        ),
        ("h/app/key", "This has no scheme."),
        ("rtmp://h", "looks like rtmp://host/app/stream-key"),
        ("srt://", "has no host"),
        ("srt://h:port", "not a valid"),
        ("srt://[::1", "not a valid"),
    ],
)
def test_what_is_wrong_with_an_address(url: str, words: str) -> None:
    assert words in fault(url, BOTH)
    assert fault("rtmp://h/app/key", ("SRT",)) == (
        "An SRT address begins with srt://. This begins with rtmp://."
    )
