"""The base of both programs' settings: reads them from the environment and `.env`, and explains what is wrong.

Every secret may also be given as a file: `ADMIN_PASSWORD_FILE=/run/secrets/admin` stands for `ADMIN_PASSWORD`.
"""

import errno
import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import AfterValidator, BeforeValidator, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

ENV_FILE = ".env"
# What is wrong with a value, by pydantic's name for it, in words that go after the setting's name. The limits that it
# holds are no secrets; the value may be one.
FAULTS: dict[str, str] = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_parsing": "must be true or false",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "string_too_short": "must be at least {min_length} characters long",
    "string_too_long": "must be at most {max_length} characters long",
    "too_short": "must be at least {min_length} characters long",
    "literal_error": "must be one of these: {expected}",
    "extra_forbidden": "is not a name that this setting knows",
    "dict_type": "must be a JSON object",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_type": "must be text",
    "missing": "is missing",
}


class ConfigError(Exception):
    """The program can't start with these settings. `str()` says why, in sentences for the operator, without secrets."""


def _livekit_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise ValueError("must be an address such as wss://livekit.example.com") from None
    if parts.scheme not in {"ws", "wss", "http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as wss://livekit.example.com or http://127.0.0.1:7880")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be a plain address, without user, query or fragment")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("must have a port from 0 to 65535, or none") from None
    if re.search(r"\s", url.strip()):
        raise ValueError("must be an address without spaces")
    return url.strip().rstrip("/")


def _comma_list(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


LiveKitURL = Annotated[str, AfterValidator(_livekit_url)]
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_list)]


def _networks(given: tuple[str, ...]) -> tuple[str, ...]:
    for network in given:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ValueError("must be addresses or networks such as 10.0.0.5 or 10.0.0.0/8") from None
    return given


Networks = Annotated[CommaList, AfterValidator(_networks)]


class EnvironmentSettings(BaseSettings):
    """Base of the settings classes: read once from the environment and `.env`, then frozen. `SECRETS` may come from files."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )
    SECRETS: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of precedence: arguments, environment, its `*_FILE`s, `.env`, its `*_FILE`s."""
        return (
            init_settings,
            env_settings,
            _SecretFiles(settings_cls, env_settings, cls.SECRETS),
            dotenv_settings,
            _SecretFiles(settings_cls, dotenv_settings, cls.SECRETS),
        )

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Reads the settings. Raises ConfigError, which names every missing setting, and every invalid one with the reason."""
        _check_env_file()
        try:
            return cls(**{name: value for name, value in overrides.items() if value is not None})
        except ValidationError as error:
            raise ConfigError(cls._explain(error)) from None

    @classmethod
    def blank(cls, names: Iterable[str]) -> list[str]:
        """The names among these (or their `*_FILE`) that the environment or .env sets to nothing."""
        places = (
            EnvSettingsSource(cls, env_ignore_empty=False),
            DotEnvSettingsSource(cls, env_ignore_empty=False),
        )
        given = [key for name in names for key in (name, f"{name}_file")]
        return [key for key in given if any(place.env_vars.get(key) == "" for place in places)]

    @classmethod
    def explain_missing(cls, names: list[str]) -> str:
        """The sentence for required settings that are not set; `names` is not empty."""
        return f"{listed(names)} must be set, in the environment or in .env. See .env.example."

    @classmethod
    def _explain(cls, error: ValidationError) -> str:
        """One sentence for each fault, without the values: one of them may be a secret."""
        faults = error.errors(include_url=False, include_input=False)
        missing = [str(fault["loc"][0]).upper() for fault in faults if _is_unset(fault)]
        sentences = [cls.explain_missing(missing)] if missing else []
        if missing and Path(ENV_FILE).is_dir():
            sentences.append(f"{ENV_FILE} is a folder here, so no settings are read from it.")
        for fault in faults:
            if not _is_unset(fault):
                text = _sentence(fault)
                # A fault of several settings together names them itself.
                where = ".".join(str(part) for part in fault["loc"][1:])
                name = str(fault["loc"][0]).upper() + (f", {where}" if where else "") if fault["loc"] else ""
                sentences.append(f"{name}: {text}." if name else f"{text}.")
        return "\n".join(sentences)


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads each secret `NAME` from the file in `NAME_FILE`."""

    def __init__(
        self, settings_cls: type[BaseSettings], named_in: PydanticBaseSettingsSource, secrets: tuple[str, ...]
    ) -> None:
        super().__init__(settings_cls)
        assert isinstance(named_in, EnvSettingsSource | DotEnvSettingsSource)
        self.variables = named_in.env_vars
        self.secrets = secrets

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        path = self.variables.get(f"{field_name}_file")
        if field_name not in self.secrets or not path:
            return None, field_name, False
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = _file_fault(error) if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigError(f"{field_name.upper()}_FILE can't be read: {reason}.") from None
        # If it counted as "not set", a file emptied by mistake would switch off what the secret protects.
        if not value:
            raise ConfigError(f"{field_name.upper()}_FILE: the file is empty.")
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(None, name)[0] for name in self.secrets}
        return {name: value for name, value in values.items() if value is not None}


def with_scheme(url: str, scheme: Literal["http", "ws"]) -> str:
    """The same address with http or ws as its scheme, or https or wss if it had TLS."""
    old, rest = url.split("://", 1)
    return f"{scheme}{'s' if old in {'https', 'wss'} else ''}://{rest}"


def listed(words: list[str]) -> str:
    """`A, B and C`."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _sentence(fault: Any) -> str:
    """What is wrong with one value: in the words of FAULTS, else in those of our own validator."""
    words = FAULTS.get(fault["type"])
    if words is None:
        return str(fault["msg"]).removeprefix("Value error, ")
    return words.format(**fault.get("ctx", {}))


def _check_env_file() -> None:
    """Raises ConfigError if there is a `.env` that can't be read, or that has a line which is no setting."""
    path = Path(ENV_FILE)
    try:
        if not path.is_file():
            return
        with path.open(encoding="utf-8") as file:
            wrong = [line.original.line for line in parse_stream(file) if line.error]
    except UnicodeDecodeError:
        raise ConfigError(f"{ENV_FILE} can't be read: it is not UTF-8 text.") from None
    except OSError as error:
        raise ConfigError(f"{ENV_FILE} can't be read: {_file_fault(error)}.") from None
    if wrong:
        raise ConfigError(
            f"{ENV_FILE}, line {wrong[0]}: not a setting. Write NAME=value, or # before a comment."
        )


def _file_fault(error: OSError) -> str:
    """Why a file can't be read."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return "this user has no permission"
    if error.errno == errno.ENOENT:
        return "there is no such file"
    if error.errno == errno.EISDIR:
        return "it is a folder"
    return f"the file system answers {errno.errorcode.get(error.errno or 0, 'with an error')}"


def _is_unset(fault: Any) -> bool:
    return fault["type"] == "missing" and len(fault["loc"]) == 1
