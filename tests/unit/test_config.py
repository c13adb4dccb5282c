"""Settings: where they come from, and what is said when they are wrong."""

import os
from pathlib import Path

import pytest

from livekit_dashboard.config import SECRETS, ConfigError, Settings

REQUIRED = {
    "LIVEKIT_URL": "http://127.0.0.1:7880",
    "LIVEKIT_API_KEY": "APIkey",
    "LIVEKIT_API_SECRET": "a-secret-nobody-may-see",
    "ADMIN_USERNAME": "admin",
    "ADMIN_PASSWORD": "a-password-nobody-may-see",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory without `.env`, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The required settings in the environment, to be changed by the test."""
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def _error() -> str:
    with pytest.raises(ConfigError) as caught:
        Settings.load()
    return str(caught.value)


def test_all_that_is_missing_is_named_at_once() -> None:
    assert _error().startswith(
        "LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET, ADMIN_USERNAME and ADMIN_PASSWORD must be set"
    )


@pytest.mark.parametrize("name", REQUIRED)
def test_an_empty_value_is_a_missing_one(name: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv(name, "")
    assert _error().startswith(f"{name} must be set")


def test_the_required_ones_are_enough(environment: pytest.MonkeyPatch) -> None:
    settings = Settings.load()
    assert settings.livekit_api_secret.get_secret_value() == REQUIRED["LIVEKIT_API_SECRET"]
    assert (settings.host, settings.port, settings.read_only, settings.trusted_proxies) == (
        "127.0.0.1",
        8000,
        False,
        (),
    )


def test_env_is_read_and_the_environment_comes_first(environment: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(
        "PORT=1234\nADMIN_USERNAME='from .env'\nHOST=\"::1\"\nUNKNOWN=x\n", encoding="utf-8"
    )
    settings = Settings.load()
    assert (settings.port, settings.admin_username, settings.host) == (1234, "admin", "::1")
    assert Settings.load(port=1).port == 1
    assert Settings.load(port=None).port == 1234


@pytest.mark.parametrize("name", sorted(SECRETS))
@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_secret_may_be_in_a_file(name: str, place: str, environment: pytest.MonkeyPatch) -> None:
    secret = "from-a-file-of-more-than-32-characters"
    Path("secret").write_text(f"{secret}\n", encoding="utf-8")
    environment.delenv(name.upper(), raising=False)
    if place == ".env":
        Path(".env").write_text(f"{name.upper()}_FILE=secret\n", encoding="utf-8")
    else:
        environment.setenv(f"{name.upper()}_FILE", "secret")
    value = getattr(Settings.load(), name)
    assert (value if isinstance(value, str) else value.get_secret_value()) == secret


def test_a_value_beats_a_file_named_in_the_same_place(environment: pytest.MonkeyPatch) -> None:
    Path("secret").write_text("from-a-file", encoding="utf-8")
    environment.setenv("ADMIN_PASSWORD_FILE", "secret")
    assert Settings.load().admin_password.get_secret_value() == REQUIRED["ADMIN_PASSWORD"]


def test_a_file_named_in_the_environment_beats_a_value_in_env(environment: pytest.MonkeyPatch) -> None:
    Path("secret").write_text("from-a-file", encoding="utf-8")
    Path(".env").write_text("ADMIN_PASSWORD=from-env\n", encoding="utf-8")
    environment.delenv("ADMIN_PASSWORD")
    environment.setenv("ADMIN_PASSWORD_FILE", "secret")
    assert Settings.load().admin_password.get_secret_value() == "from-a-file"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "ADMIN_PASSWORD_FILE can't be read: there is no such file."),
        (b"\xff\xfe", "not UTF-8"),
        (b" \n", "ADMIN_PASSWORD_FILE: the file is empty."),
    ],
)
def test_a_secret_file_that_is_none_is_said(
    content: bytes | None, words: str, environment: pytest.MonkeyPatch
) -> None:
    if content is not None:
        Path("secret").write_bytes(content)
    environment.delenv("ADMIN_PASSWORD")
    environment.setenv("ADMIN_PASSWORD_FILE", "secret")
    assert words in _error()


def test_what_is_no_secret_is_not_read_from_a_file(environment: pytest.MonkeyPatch) -> None:
    Path("name").write_text("root", encoding="utf-8")
    environment.setenv("ADMIN_USERNAME_FILE", "name")
    assert Settings.load().admin_username == "admin"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVEKIT_URL", "localhost:7880"),
        ("LIVEKIT_URL", "ftp://livekit"),
        ("LIVEKIT_URL", "http://"),
        ("LIVEKIT_URL", "http://[::1"),
        ("LIVEKIT_URL", "http://livekit:99999"),
        ("LIVEKIT_URL", "http://livekit:port"),
        ("LIVEKIT_URL", "http://key:hidden@livekit"),
        ("LIVEKIT_URL", "http://livekit/?access_token=hidden"),
        ("LIVEKIT_PUBLIC_URL", "livekit.example.com"),
        ("ADMIN_USERNAME", "hidden:name"),
        ("SECRET_KEY", "hidden-and-short"),
        ("ROOT_PATH", "hidden"),
        ("PORT", "hidden"),
        ("PORT", "65536"),
        ("LIVEKIT_TIMEOUT", "0"),
        ("LIVEKIT_TIMEOUT", "nan"),
        ("LIVEKIT_TIMEOUT", "inf"),
        ("READ_ONLY", "hidden"),
        ("TRUSTED_PROXIES", "10.0.0.1,hidden"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("LOG_LEVEL", "hidden"),
        ("LOGIN_FAILURES_PER_MINUTE", "0"),
        ("JOIN_LINK", "https://hidden/{room}"),
        ("JOIN_LINK", "https://hidden/{"),
        ("JOIN_LINK", "https://hidden/{0}"),
    ],
)
def test_what_is_wrong_is_named_and_its_value_is_not(
    name: str, value: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(name, value)
    error = _error()
    assert error.startswith(f"{name}: ")
    assert "\n" not in error
    assert "hidden" not in error


def test_everything_wrong_is_said_at_once_without_a_secret(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("LIVEKIT_API_KEY")
    environment.setenv("LIVEKIT_URL", "nowhere")
    environment.setenv("SECRET_KEY", "too-short")
    error = _error()
    assert [line.split(" ")[0] for line in error.splitlines()] == [
        "LIVEKIT_API_KEY",
        "LIVEKIT_URL:",
        "SECRET_KEY:",
    ]
    for value in (*REQUIRED.values(), "too-short"):
        assert value not in error.replace("http://127.0.0.1:7880", "")


@pytest.mark.parametrize(
    ("given", "api", "public"),
    [
        ("http://livekit:7880", "http://livekit:7880", "ws://livekit:7880"),
        ("ws://livekit:7880/", "http://livekit:7880", "ws://livekit:7880"),
        (" wss://livekit.example.com ", "https://livekit.example.com", "wss://livekit.example.com"),
        ("https://example.com/livekit/", "https://example.com/livekit", "wss://example.com/livekit"),
        ("http://[::1]:7880", "http://[::1]:7880", "ws://[::1]:7880"),
    ],
)
def test_any_scheme_is_taken_for_both_uses(
    given: str, api: str, public: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIVEKIT_URL", given)
    settings = Settings.load()
    assert (settings.api_url, settings.public_url) == (api, public)


def test_browsers_may_reach_the_server_elsewhere(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LIVEKIT_PUBLIC_URL", "https://livekit.example.com")
    settings = Settings.load()
    assert settings.api_url == REQUIRED["LIVEKIT_URL"]
    assert (settings.public_url, settings.server_name) == ("wss://livekit.example.com", "livekit.example.com")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TRUSTED_PROXIES", " 10.0.0.1, 10.1.0.0/16 ,", ("10.0.0.1", "10.1.0.0/16")),
        ("ROOT_PATH", "/livekit/", "/livekit"),
        ("ROOT_PATH", "/", ""),
        ("READ_ONLY", "TRUE", True),
        ("HTTPS_ONLY", "0", False),
        ("LIVEKIT_TIMEOUT", "2.5", 2.5),
    ],
)
def test_values_are_read_as_people_write_them(
    name: str, value: str, expected: object, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(name, value)
    assert getattr(Settings.load(), name.lower()) == expected


def test_no_secret_is_in_the_repr(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SECRET_KEY", "signing-key-of-more-than-32-characters")
    text = repr(Settings.load())
    assert "nobody-may-see" not in text
    assert "signing-key-of" not in text


@pytest.mark.parametrize("name", ["ADMIN_PASSWORD", "LIVEKIT_API_SECRET", "SECRET_KEY"])
def test_signing_keys_agree_between_replicas_and_change_with_each_secret(
    name: str, environment: pytest.MonkeyPatch
) -> None:
    one, two = Settings.load(), Settings.load()
    assert one.signing_key("csrf") == two.signing_key("csrf")
    assert one.signing_key("csrf") != one.signing_key("flash")
    environment.setenv(name, "another-secret-of-more-than-32-characters")
    assert Settings.load().signing_key("csrf") != one.signing_key("csrf")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "x", "must be a whole number"),
        ("PORT", "70000", "must be 65535 or less"),
        ("LIVEKIT_TIMEOUT", "0", "must be more than 0"),
        ("LIVEKIT_TIMEOUT", "61", "must be 60 or less"),
        ("LIVEKIT_TIMEOUT", "ten", "must be a number"),
        ("LIVEKIT_TIMEOUT", "nan", "must be 60 or less"),
        ("READ_ONLY", "perhaps", "must be true or false"),
        ("LOGIN_FAILURES_PER_MINUTE", "0", "must be 1 or more"),
        ("SECRET_KEY", "short", "must be at least 32 characters long"),
        ("LOG_LEVEL", "loud", "must be one of these: 'debug', 'info', 'warning' or 'error'"),
        ("LIVEKIT_URL", "http://live kit", "must be an address without spaces"),
        ("LIVEKIT_URL", "http://livekit:port", "must have a port from 0 to 65535, or none"),
        ("LIVEKIT_URL", "http://[::1", "must be an address such as wss://livekit.example.com"),
    ],
)
def test_what_is_wrong_is_said_in_our_words(
    name: str, value: str, words: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(name, value)
    assert _error() == f"{name}: {words}."


def test_an_env_file_without_permission_is_said(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("PORT=1\n", encoding="utf-8")
    env.chmod(0)
    tmp_path.chmod(0o755)
    root = os.geteuid() == 0
    try:
        if root:  # Nothing is forbidden to root.
            tmp_path.parent.chmod(0o755)
            tmp_path.parent.parent.chmod(0o755)
            os.seteuid(65534)
        assert _error() == ".env can't be read: this user has no permission."
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_in_the_place_of_the_env_file_is_pointed_out() -> None:
    """A container makes one where the file that is mounted doesn't exist."""
    Path(".env").mkdir()
    assert _error().endswith("\n.env is a folder here, so no settings are read from it.")
