"""Settings: what is missing or wrong is said in a sentence, and nothing unsafe starts."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from livekit_dashboard.token_server.settings import ConfigError, Settings, is_loopback
from tests.token_server.served import API_KEY, API_SECRET, KEY, OTHER_KEY, URL, settings

REQUIRED = {"LIVEKIT_API_KEY": API_KEY, "LIVEKIT_API_SECRET": API_SECRET, "LIVEKIT_URL": URL}
KEYS = {"web": {"key": KEY}}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment with the documented three variables alone."""
    monkeypatch.chdir(tmp_path)
    for name in [*Settings.model_fields, *(f"{name}_file" for name in Settings.SECRETS)]:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_the_documented_three_are_enough(environment: pytest.MonkeyPatch) -> None:
    found = Settings.load()
    assert (found.token_server_host, found.token_server_port) == ("127.0.0.1", 8080)
    assert found.cors_origins == ("http://localhost:3000",)
    assert found.token_expiry_hours == 24
    assert found.local_only


@pytest.mark.parametrize(
    "storage",
    [
        "memory://",
        "redis://redis.example.com:6379/0",
        "rediss://user:p%40ss@redis.example.com:6380/1?ssl_cert_reqs=none",
        "redis://[2001:db8::1]:6379",
        "redis+unix:///run/redis.sock",
        "redis+sentinel://:hunter2@one:26379,two:26379/mymaster",
        "redis+cluster://one:7000, two:7001",
    ],
)
def test_every_kind_of_storage_is_taken(environment: pytest.MonkeyPatch, storage: str) -> None:
    environment.setenv("TOKEN_SERVER_RATE_LIMIT_STORAGE", storage)
    assert Settings.load().token_server_rate_limit_storage.get_secret_value() == storage


def test_the_documented_settings_are_read(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TOKEN_SERVER_PORT", "9000")
    environment.setenv("CORS_ORIGINS", "https://your-app.com/, https://WWW.your-app.com")
    environment.setenv("CORS_HEADERS", "X-Tenant, sentry-trace")
    environment.setenv("TOKEN_EXPIRY_HOURS", "12")
    environment.setenv("TOKEN_SERVER_JWT_AUDIENCE", "account, https://tokens.example.com")
    found = Settings.load()
    assert found.token_server_port == 9000
    assert found.cors_origins == ("https://your-app.com", "https://www.your-app.com")
    assert found.cors_headers == ("x-tenant", "sentry-trace")
    assert found.token_expiry_hours == 12
    assert found.token_server_jwt_audience == ("account", "https://tokens.example.com")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://localhost:80/", "http://localhost"),
        ("https://app.example.com:80", "https://app.example.com:80"),
        ("http://localhost:443", "http://localhost:443"),
        ("https://app.example.com:", "https://app.example.com"),
        ("HTTPS://App.Example.com:8443", "https://app.example.com:8443"),
        ("https://B\u00fccher.example", "https://xn--bcher-kva.example"),
        ("https://xn--strae-oqa.example", "https://xn--strae-oqa.example"),
        ("http://[0:0::1]:3000", "http://[::1]:3000"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://my_host:3000", "http://my_host:3000"),
    ],
)
def test_origins_are_those_that_browsers_send(environment: pytest.MonkeyPatch, given: str, sent: str) -> None:
    environment.setenv("CORS_ORIGINS", given)
    assert Settings.load().cors_origins == (sent,)


@pytest.mark.parametrize(
    "missing", [["LIVEKIT_API_KEY"], ["LIVEKIT_API_SECRET"], ["LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"]]
)
def test_the_documented_sentence(environment: pytest.MonkeyPatch, missing: list[str]) -> None:
    for name in missing:
        environment.delenv(name)
    with pytest.raises(ConfigError) as error:
        Settings.load()
    assert str(error.value).startswith("LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be set")
    assert "LIVEKIT_URL" not in str(error.value)


def test_all_that_is_missing_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in REQUIRED:
        environment.delenv(name)
    with pytest.raises(ConfigError) as error:
        Settings.load()
    assert str(error.value).splitlines() == [
        "LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be set.",
        "LIVEKIT_URL must be set.",
    ]


def test_keys_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    digest = hashlib.sha256(OTHER_KEY.encode()).hexdigest()
    file.write_text(json.dumps({**KEYS, "app": {"sha256": digest.upper(), "rooms": ["a"]}}))
    environment.setenv("TOKEN_SERVER_KEYS_FILE", str(file))
    environment.setenv("TOKEN_SERVER_HOST", "0.0.0.0")
    found = Settings.load().token_server_keys
    assert (found["app"].sha256, found["app"].rooms) == (digest, ("a",))


@pytest.mark.parametrize(
    "name", ["TOKEN_SERVER_KEYS", "TOKEN_SERVER_JWT_SECRET", "TOKEN_SERVER_METRICS_TOKEN"]
)
@pytest.mark.parametrize("content", ["", " \n"])
def test_a_file_that_is_empty_opens_nothing(
    environment: pytest.MonkeyPatch, tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / "empty").write_text(content)
    environment.setenv(f"{name}_FILE", "empty")
    with pytest.raises(ConfigError, match=f"^{name}_FILE: the file is empty.$"):
        Settings.load()


@pytest.mark.parametrize("place", ["environment", ".env"])
@pytest.mark.parametrize(
    "name",
    [
        "TOKEN_SERVER_KEYS",
        "TOKEN_SERVER_JWT_SECRET",
        "TOKEN_SERVER_JWT_JWKS_URL",
        "TOKEN_SERVER_METRICS_TOKEN",
        "TOKEN_SERVER_KEYS_FILE",
        "TOKEN_SERVER_JWT_SECRET_FILE",
        "TOKEN_SERVER_METRICS_TOKEN_FILE",
    ],
)
def test_a_guard_that_is_empty_opens_nothing(
    environment: pytest.MonkeyPatch, tmp_path: Path, name: str, place: str
) -> None:
    environment.setenv("TOKEN_SERVER_METRICS", "true")
    if place == ".env":
        (tmp_path / ".env").write_text(f"{name}=\n")
    else:
        environment.setenv(name, "")
    with pytest.raises(ConfigError, match=f"^{name}: set, but empty"):
        Settings.load()
    # Where something else keeps others out, an empty value counts as not set.
    environment.setenv("TOKEN_SERVER_METRICS", "false")
    if not name.startswith("TOKEN_SERVER_JWT_SECRET"):
        environment.setenv("TOKEN_SERVER_JWT_SECRET", "another secret of 32 characters or more")
        assert not Settings.load().is_open


def test_keys_that_hold_none_open_nothing(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TOKEN_SERVER_KEYS", "{}")
    with pytest.raises(ConfigError, match="TOKEN_SERVER_KEYS: contains no key"):
        Settings.load()
    environment.setenv("TOKEN_SERVER_AUTH", "none")
    assert Settings.load().is_open


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "tokens.example.com", ""])
def test_open_to_others_without_keys_does_not_start(host: str) -> None:
    with pytest.raises(ValidationError, match="TOKEN_SERVER_AUTH=none") as error:
        settings(token_server_host=host)
    assert "TOKEN_SERVER_KEYS" in str(error.value)
    assert settings(token_server_host=host, token_server_auth="none").is_open
    assert not settings(token_server_host=host, token_server_keys=KEYS).is_open


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


WRONG: list[tuple[dict[str, str], str]] = [
    ({"LIVEKIT_URL": "livekit.example.com"}, "LIVEKIT_URL: must be an address"),
    ({"TOKEN_SERVER_PORT": "http"}, "TOKEN_SERVER_PORT: "),
    ({"TOKEN_EXPIRY_HOURS": "0"}, "TOKEN_EXPIRY_HOURS: "),
    ({"CORS_ORIGINS": "example.com"}, "CORS_ORIGINS: must be origins"),
    ({"CORS_ORIGINS": "https://example.com/app"}, "CORS_ORIGINS: must be origins"),
    *(
        ({"CORS_ORIGINS": origin}, "CORS_ORIGINS: must be origins")
        for origin in (
            "https://user@example.com",
            "https://user:hunter2@example.com",
            "https://example.com//",
            "https://example.com?x",
            "https://example.com#x",
            "https://*.example.com",
            "https://example.com:port",
            "https://example.com:99999",
            "https://exa mple.com",
            "https://.example.com",
            "https://",
            "https://:443",
            "https://[::1",
            "https://127.1",
            "https://stra\u00dfe.example.com",
            "ftp://example.com",
        )
    ),
    ({"CORS_HEADERS": "X Tenant"}, "CORS_HEADERS: must be names of request headers"),
    ({"CORS_HEADERS": "X-Tenant: 7"}, "CORS_HEADERS: must be names of request headers"),
    ({"TOKEN_SERVER_ROOM_PATTERN": "a(?=b)"}, "TOKEN_SERVER_ROOM_PATTERN: must be a regular expression"),
    ({"TOKEN_SERVER_ROOM_PATTERN": "("}, "TOKEN_SERVER_ROOM_PATTERN: must be a regular expression"),
    ({"TOKEN_SERVER_RATE_LIMIT_STORAGE": "redis://:hunter2@x"}, "TOKEN_SERVER_RATE_LIMIT_STORAGE: must be memory:// or"),
    ({"TOKEN_SERVER_RATE_LIMIT_STORAGE": "mysql://hunter2@x:1"}, "TOKEN_SERVER_RATE_LIMIT_STORAGE: must be memory:// or"),
    ({"TOKEN_SERVER_RATE_LIMIT_STORAGE": "redis+sentinel://:hunter2@one:26379,two/mymaster"}, "TOKEN_SERVER_RATE_LIMIT_STORAGE: must be memory:// or"),
    ({"TOKEN_SERVER_RATE_LIMIT_STORAGE": "redis://hunter2@[x"}, "TOKEN_SERVER_RATE_LIMIT_STORAGE: must be memory:// or"),
    ({"TOKEN_SERVER_RATE_LIMIT_STORAGE": "redis://x:hunter2"}, "TOKEN_SERVER_RATE_LIMIT_STORAGE: must be memory:// or"),
    ({"TOKEN_SERVER_JWT_SECRET": "hunter2"}, "TOKEN_SERVER_JWT_SECRET: "),
    ({"TOKEN_SERVER_JWT_SECRET": API_SECRET}, "TOKEN_SERVER_JWT_SECRET must differ from LIVEKIT_API_SECRET"),
    ({"TOKEN_SERVER_JWT_JWKS_URL": "auth"}, "TOKEN_SERVER_JWT_JWKS_URL: must be an address"),
    ({"TOKEN_SERVER_KEYS": "hunter2"}, "TOKEN_SERVER_KEYS: must be JSON, and is not: see line 1, column 1"),
    ({"TOKEN_SERVER_KEYS": '{"web": {}}'}, "TOKEN_SERVER_KEYS, web: must have either key or sha256"),
    ({"TOKEN_SERVER_KEYS": '{"web": {"key": "hunter2"}}'}, "TOKEN_SERVER_KEYS, web: key must have at least 32"),
    ({"TOKEN_SERVER_KEYS": '{"web": {"sha256": "hunter2"}}'}, "TOKEN_SERVER_KEYS, web.sha256: must be the SHA-256"),
    ({"TOKEN_SERVER_KEYS": '{"web": {"room": ["x"]}}'}, "TOKEN_SERVER_KEYS, web.room: "),
    ({"TOKEN_SERVER_KEYS": json.dumps({"a": {"key": KEY}, "b": {"key": KEY}})}, "two names have the same key"),
    (
        {"TOKEN_SERVER_KEYS": json.dumps({"a": {"key": KEY}, "b": {"sha256": hashlib.sha256(KEY.encode()).hexdigest()}})},
        "two names have the same key",
    ),
    ({"TOKEN_SERVER_KEYS": json.dumps(KEYS), "TOKEN_SERVER_AUTH": "none"}, "remove one of the two"),
    ({"TOKEN_SERVER_POLICY": '{"sources": ["mouth"]}'}, "TOKEN_SERVER_POLICY, sources.0: "),
]  # fmt: skip


@pytest.mark.parametrize(("variables", "sentence"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_what_is_wrong_is_said_without_values(
    environment: pytest.MonkeyPatch, variables: dict[str, str], sentence: str
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    with pytest.raises(ConfigError) as error:
        Settings.load()
    assert sentence in str(error.value)
    for secret in ("hunter2", KEY, API_SECRET):
        assert secret not in str(error.value)


def test_settings_show_no_secret() -> None:
    shown: Any = repr(settings(token_server_keys=KEYS, token_server_metrics_token="metrics-token-of-16"))
    assert KEY not in shown
    assert API_SECRET not in shown
    assert "metrics-token" not in shown
