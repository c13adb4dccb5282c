"""The proxy of the requirements, a real nginx with their block and their .env, and what makes it work."""

import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.token_server.limits.test_replicas import AROUND, certify, free_ports, logs, running, wait_for_proxy
from tests.token_server.served import ASK, needs, wait_until_healthy

ENV = """LIVEKIT_API_KEY=your-production-key
LIVEKIT_API_SECRET=your-production-secret
LIVEKIT_URL=wss://your-project.livekit.cloud
TOKEN_SERVER_PORT={port}
CORS_ORIGINS=https://your-app.com,https://www.your-app.com
TOKEN_EXPIRY_HOURS=12
"""
BLOCK = """server {{
    listen 127.0.0.1:{own} ssl;
    server_name api.your-domain.com;

    ssl_certificate {directory}/tokens.crt;
    ssl_certificate_key {directory}/tokens.key;

    location / {{
        proxy_pass http://localhost:{port};
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
    }}
}}
"""
"""The requirements' block and .env, but for ports and paths."""


class Behind:
    """A token server behind nginx, started again for each .env."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or ""
        needs(nginx, "No nginx on the PATH: install your system's nginx package.")
        self.directory = directory
        self.port, own = free_ports(2)
        trusted = ssl.create_default_context(cafile=certify(directory))
        block = BLOCK.format(own=own, port=self.port, directory=directory)
        (directory / "nginx.conf").write_text(AROUND.format(directory=directory, example=block))
        stack.enter_context(running(nginx, "-c", str(directory / "nginx.conf")))
        self.client = stack.enter_context(
            httpx.Client(base_url=f"https://localhost:{own}", verify=trusted, trust_env=False)
        )
        wait_for_proxy(self.client)

    def asked(self, *lines: str, **headers: str) -> tuple[httpx.Response, str]:
        """The response to a request through nginx, and the log, of a server with these lines added to its .env."""
        (self.directory / ".env").write_text(
            ENV.format(port=self.port) + "".join(f"{line}\n" for line in lines)
        )
        with subprocess.Popen(
            [Path(sys.executable).with_name("livekit-token-server")],
            cwd=self.directory,
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as started:
            try:
                wait_until_healthy(f"http://127.0.0.1:{self.port}", started)
                answer = self.client.post("/token", json=ASK, headers=headers)
            finally:
                [log] = logs([started])
        return answer, log


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Behind]:
    with ExitStack() as stack:
        yield Behind(tmp_path, stack)


def test_without_a_key_it_is_refused_and_the_answer_has_the_line_to_add(behind: Behind) -> None:
    answer, log = behind.asked()
    assert (answer.status_code, answer.json()["code"]) == (403, "open_to_this_machine_only")
    # The same at start, before anyone gets a 403.
    warning = next(line for line in log.splitlines() if "WARNING - No keys are configured" in line)
    for text in (answer.json()["message"], warning):
        assert "TOKEN_SERVER_KEYS=" in text
        assert "TOKEN_SERVER_AUTH=none" in text
        assert "--new-key" in text
    assert "TRUSTED_PROXIES=127.0.0.1" in warning
    [line] = re.findall(r"TOKEN_SERVER_AUTH=\w+", answer.json()["message"])

    answer, log = behind.asked(line)
    assert answer.status_code == 200
    assert answer.json()["url"] == "wss://your-project.livekit.cloud"
    # One line is enough; another one is for the rate limits, which the log says.
    [hint] = re.findall(r"Add to .env: (TRUSTED_PROXIES=\S+)", log)
    answer, log = behind.asked(line, hint)
    assert answer.status_code == 200
    assert "TRUSTED_PROXIES" not in log


def test_with_the_printed_line_of_a_new_key_it_works(behind: Behind) -> None:
    command = [Path(sys.executable).with_name("livekit-token-server"), "--new-key", "web"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=behind.directory).stdout
    [key] = re.findall(r"lkts_\S+", printed)
    [line] = re.findall(r"^Line for .env: (.+)$", printed, re.MULTILINE)
    assert behind.asked(line)[0].status_code == 401
    assert behind.asked(line, **{"X-API-Key": key})[0].status_code == 200
