"""Schemathesis on the OpenAPI document: what it promises holds, for requests nobody thought of."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.token_server.served import KEY, served

# It does not take 413 for a refusal, so that the fields' own limits have to speak.
ROOMY = {"token_server_max_body_bytes": 2**26}
SECRET = "the application's own secret, 32 or more"
JWT = jwt.encode({"sub": "user-1", "exp": int(time.time()) + 3600}, SECRET)
MODES: dict[str, tuple[dict[str, Any], str | None]] = {
    "open": ({}, None),
    "keys": ({"token_server_keys": {"web": {"key": KEY}}}, f"X-API-Key: {KEY}"),
    "jwt": ({"token_server_jwt_secret": SECRET}, f"Authorization: Bearer {JWT}"),
    "generous": ({"token_server_generate_names": True, "token_server_room_pattern": "[a-z]+"}, None),
}


async def schemathesis(directory: Path, document: str, *options: str) -> tuple[int, str]:
    """Its exit status, and what it prints. One seed: the same requests in every run."""
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("schemathesis"), "run", document, "--seed", "1", "--no-color"),
        *("--checks", "all", "--max-examples", "100", *options),
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode is not None
    # It shows the bodies that it sent, which may be megabytes.
    return process.returncode, "\n".join(line[:200] for line in printed.decode().splitlines())


@pytest.mark.parametrize("mode", MODES)
async def test_it_finds_nothing(tmp_path: Path, mode: str) -> None:
    settings, header = MODES[mode]
    async with served(**ROOMY, **settings) as client:
        options = ("--header", header) if header else ()
        status, printed = await schemathesis(tmp_path, f"{client.base_url}/openapi.json", *options)
    assert status == 0, printed
    assert "Tested: 2" in printed


async def test_it_would_find_something(tmp_path: Path) -> None:
    """A document that promises more than the server does."""
    async with served(**ROOMY) as client:
        document = (await client.get("/openapi.json")).json()
        room = document["components"]["schemas"]["TokenRequest"]["properties"]["room_name"]
        del room["pattern"]
        (tmp_path / "openapi.json").write_text(json.dumps(document))
        status, printed = await schemathesis(tmp_path, "openapi.json", "--url", str(client.base_url))
    assert status == 1
    assert "Schema-valid request rejected" in printed
