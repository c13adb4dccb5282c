"""docs/token-server.md agrees with the code, and the clients that it shows work."""

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any, get_args

import jwt
import pytest
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from livekit_dashboard.simulator import running
from livekit_dashboard.token_server.errors import STATUS, Code
from livekit_dashboard.token_server.policy import Key, Policy
from livekit_dashboard.token_server.settings import Settings
from tests.token_server.served import API_SECRET, needs, served, settings

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs/token-server.md").read_text()
DEPLOY = ROOT / "deploy/token-server"
TSC = ROOT / "node_modules/.bin/tsc"
NO_NODE = "No Node.js, or `make assets` has not installed what package-lock.json names."
MODULES = ("--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler", "--lib", "es2022,dom")


def blocks(language: str) -> list[str]:
    """The document's code in this language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def section(heading: str) -> str:
    return re.split(r"^## ", DOCUMENT.split(f"\n## {heading}\n")[1], flags=re.MULTILINE)[0]


def rows(text: str) -> list[str]:
    return re.findall(r"^\| `.*$", text, re.MULTILINE)


def default(field: FieldInfo) -> str:
    """A setting's default as an operator would write it; empty when there is none."""
    value = field.get_default()
    value = value.get_secret_value() if isinstance(value, SecretStr) else value
    match value:
        case None | () | BaseModel() | {}:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case tuple():
            return ",".join(value)
    return str(value)


def setting_row(name: str, field: FieldInfo) -> str:
    shown = "required" if field.is_required() else default(field) and f"`{default(field)}`"
    return f"| `{name.upper()}` | {shown} | {field.description} |"


def policy_row(name: str, field: FieldInfo) -> str:
    value = field.get_default()
    value = list(value) if isinstance(value, tuple) else value
    shown = "" if value is None else f"`{json.dumps(value)}`"
    return f"| `{name}` | {shown} | {field.description} |"


def test_settings() -> None:
    assert rows(section("Settings")) == [
        setting_row(name, field) for name, field in Settings.model_fields.items()
    ]


def test_settings_that_files_may_hold() -> None:
    named = re.findall(r"`([A-Z_]+)`", section("Settings").split("Secrets may come from files")[1])
    assert set(named) - {"_FILE"} == {name.upper() for name in Settings.SECRETS}
    # Whatever hides its value may come from a file.
    secret = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert secret <= set(Settings.SECRETS)


def test_policies() -> None:
    found = [row for row in rows(section("Authentication")) if not row.startswith("| `TOKEN_SERVER")]
    assert found == [policy_row(name, field) for name, field in Policy.model_fields.items()]


def test_codes() -> None:
    told = re.findall(r"^\| (\d{3}) \| `([a-z_]+)` \|", DOCUMENT, re.MULTILINE)
    assert {code: int(status) for status, code in told} == STATUS
    assert set(STATUS) == set(get_args(Code))


def test_the_keys_that_it_shows_are_accepted() -> None:
    [keys] = [json.loads(block) for block in blocks("json") if '"sha256"' in block]
    assert all(isinstance(key, Key) for key in settings(token_server_keys=keys).token_server_keys.values())


async def run(directory: Path, *command: str | Path) -> str:
    """What a program prints; it has to end well."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=directory, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, (out + err).decode()
    return out.decode()


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, API_SECRET, ["HS256"])
    return found


OF_PROXIES = [
    (HTMLResponse("<h1>413 Request Entity Too Large</h1>", 413), "HTTP status 413"),
    (HTMLResponse("<h1>502 Bad Gateway</h1>", 502), "HTTP status 502"),
    (HTMLResponse("<h1>Log in</h1>"), "HTTP status 200"),
    (JSONResponse({"error": "busy"}, 503), "HTTP status 503"),
]
"""What may stand in front of the server and answer for it, and what a client then says."""


def answering(response: Response) -> Starlette:
    """Answers everything so."""

    async def answer(_: Request) -> Response:
        return response

    return Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])


async def test_typescript(tmp_path: Path) -> None:
    needs(shutil.which("node") and TSC.exists(), NO_NODE)
    source = blocks("ts")[0].replace('"http://localhost:8080/token"', "process.argv[2]")
    (tmp_path / "client.mts").write_text(f"declare const process: {{ argv: string[] }};\n{source}")
    await run(tmp_path, TSC, "--strict", *MODULES, "client.mts")
    ask = "import {getToken} from './client.mjs'; const [room, name] = process.argv.slice(3);"
    (tmp_path / "ask.mjs").write_text(
        f"{ask} try {{ console.log(JSON.stringify(await getToken(room, name))) }}"
        " catch (error) { console.log(JSON.stringify(error.message)) }"
    )

    async def told(url: str, room: str) -> Any:
        return json.loads(await run(tmp_path, "node", "ask.mjs", f"{url}/token", room, "ada"))

    async with served() as client:
        url = str(client.base_url).rstrip("/")
        assert claims((await told(url, "room-1"))["token"])["video"]["room"] == "room-1"
        assert await told(url, "no spaces") == "invalid_request: room_name must match [A-Za-z0-9_.:@-]+."
    for answer, message in OF_PROXIES:
        async with running(answering(answer)) as url:
            assert await told(url, "room-1") == message


async def test_typescript_with_livekits_client_compiles(tmp_path: Path) -> None:
    """tests/token_server/test_browser.py runs it."""
    needs(shutil.which("node") and TSC.exists(), NO_NODE)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "join.ts").write_text(blocks("ts")[1])
    await run(tmp_path, TSC, "--strict", "--noEmit", "--skipLibCheck", *MODULES, "join.ts")


async def test_python(tmp_path: Path) -> None:
    source = blocks("python")[0].replace('"http://localhost:8080/token"', "sys.argv[1]")
    (tmp_path / "client.py").write_text(
        f"import sys\n{source}\ntry:\n    print(get_token(*sys.argv[2:]))\nexcept RuntimeError as error:\n    print(error)\n"
    )

    async def told(url: str, room: str) -> str:
        return (await run(tmp_path, sys.executable, "client.py", f"{url}/token", room, "ada")).strip()

    async with served() as client:
        url = str(client.base_url).rstrip("/")
        token = await told(url, "room-1")
        assert (claims(token)["video"]["room"], claims(token)["sub"]) == ("room-1", "ada")
        assert await told(url, "no spaces") == "room_name must match [A-Za-z0-9_.:@-]+."
    for answer, message in OF_PROXIES:
        async with running(answering(answer)) as url:
            assert await told(url, "room-1") == message


async def test_curl(tmp_path: Path) -> None:
    needs(shutil.which("curl"), "No curl on the PATH: install your system's curl package.")
    [command] = [block for block in blocks("sh") if block.startswith("curl")]
    async with served() as client:
        command = command.replace("http://localhost:8080", str(client.base_url).rstrip("/"))
        answer = json.loads(await run(tmp_path, "bash", "-c", command))
    assert claims(answer["token"])["metadata"] == '{"role": "participant"}'


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_examples_name_settings_that_exist(path: Path) -> None:
    named = set(re.findall(r"\b((?:TOKEN_SERVER|LIVEKIT|CORS|TRUSTED)_[A-Z_]+)\b", path.read_text()))
    known = {name.upper() for name in Settings.model_fields}
    assert {name.removesuffix("_FILE") for name in named} <= known
    assert path.name in DOCUMENT
