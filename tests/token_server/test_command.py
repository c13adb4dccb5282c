"""The command, as operators and supervisors use it."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from livekit_dashboard.cli import main
from livekit_dashboard.token_server.settings import Settings
from tests.token_server.served import ASK, KEY, URL, bearer, needs, process, settings, wait_until_healthy

HEALTH_CHECK = Path(__file__).resolve().parents[2] / "deploy/token-server/health_check.sh"
RUNNING = re.compile(r"running on (http://\S+)")


def address(started: subprocess.Popen[str]) -> tuple[str, list[str]]:
    """Where it listens, and the lines that it logged before it said so."""
    lines: list[str] = []
    assert started.stderr
    for line in started.stderr:
        lines.append(line)
        if found := RUNNING.search(line):
            return found[1], lines
    pytest.fail("it ended without saying where it listens:\n" + "".join(lines))


def test_the_documented_three_variables_start_it(tmp_path: Path) -> None:
    with process(tmp_path, "--port", "0") as started:
        url, lines = address(started)
        answer = httpx.post(f"{url}/token", json=ASK, trust_env=False)
        started.send_signal(signal.SIGINT)
        _, rest = started.communicate(timeout=20)
    assert url.startswith("http://127.0.0.1:")
    assert any("WARNING - No keys are configured" in line for line in lines)
    assert answer.status_code == 200
    assert answer.json()["url"] == URL
    assert "server" not in answer.headers
    assert " - token-server - INFO - Token generated for user user-456 in room appointment-test-123\n" in rest
    assert answer.json()["token"] not in rest
    assert "Traceback" not in rest
    assert started.returncode == 0


def test_without_its_secret_it_says_the_documented_sentence(tmp_path: Path) -> None:
    with process(tmp_path, LIVEKIT_API_SECRET="") as started:
        out, err = started.communicate(timeout=20)
    assert (started.returncode, out) == (2, "")
    assert err.startswith("LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be set")
    assert "Traceback" not in err


@pytest.mark.parametrize("way", ["option", "variable"])
def test_it_does_not_open_itself_to_others(tmp_path: Path, way: str) -> None:
    arguments = ("--host", "0.0.0.0") if way == "option" else ()
    variables = {} if way == "option" else {"TOKEN_SERVER_HOST": "0.0.0.0"}
    with process(tmp_path, *arguments, **variables) as started:
        _, err = started.communicate(timeout=20)
    assert started.returncode == 2
    assert "0.0.0.0 is open to others" in err
    assert "TOKEN_SERVER_KEYS" in err


def test_the_dashboards_command_runs_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["token-server", "--help"])
    assert exit_.value.code == 0
    assert "--new-key NAME" in capsys.readouterr().out


def test_a_new_key_and_its_entry_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token-server", "--new-key", "web"]) == 0
    out = capsys.readouterr().out
    [key] = re.findall(r"lkts_\S+", out)
    entry = json.loads(out[out.index("{") :])
    assert entry == {"web": {"sha256": hashlib.sha256(key.encode()).hexdigest()}}
    assert (
        settings(token_server_keys=entry).token_server_keys["web"].digest
        == hashlib.sha256(key.encode()).digest()
    )


def test_health_check_script(tmp_path: Path) -> None:
    needs(shutil.which("curl"), "No curl on the PATH: install your system's curl package.")

    def check(url: str) -> tuple[int, str]:
        done = subprocess.run([HEALTH_CHECK, url], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    with process(tmp_path, "--port", "0") as started:
        url, _ = address(started)
        assert check(f"{url}/health") == (0, "Token server is healthy\n")
        assert check(f"{url}/nothing") == (1, "Token server is unhealthy (HTTP 404)\n")
    assert check(f"{url}/health") == (1, "Token server is unhealthy (HTTP 000)\n")


@pytest.mark.parametrize("auth", ["none", ""])
def test_other_asgi_servers_can_run_it(tmp_path: Path, auth: str) -> None:
    command = (sys.executable, "-m", "uvicorn", "livekit_dashboard.token_server.asgi:app", "--port", "0")
    environment = {
        "PATH": os.environ["PATH"],
        "LIVEKIT_API_KEY": "k",
        "LIVEKIT_API_SECRET": "s" * 32,
        "LIVEKIT_URL": URL,
        "TOKEN_SERVER_AUTH": auth,
    }
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            if auth:
                url, _ = address(started)
                assert httpx.post(f"{url}/token", json=ASK, trust_env=False).status_code == 200
            else:
                _, err = started.communicate(timeout=20)
                assert started.returncode == 1
                assert "TOKEN_SERVER_AUTH=none" in err.splitlines()[-1]
        finally:
            started.kill()


def test_keys_and_secrets_from_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s" * 32)
    (tmp_path / "keys").write_text(json.dumps({"web": {"key": KEY}}))
    files = {f"{name.upper()}_FILE" for name in Settings.SECRETS}
    given = {"LIVEKIT_API_SECRET_FILE": "secret", "TOKEN_SERVER_KEYS_FILE": "keys"}
    assert given.keys() <= files
    with process(tmp_path, "--port", "0", LIVEKIT_API_SECRET="", **given) as started:
        url, _ = address(started)
        wait_until_healthy(url, started)
        assert httpx.post(f"{url}/token", json=ASK, trust_env=False).status_code == 401
        assert httpx.post(f"{url}/token", json=ASK, headers=bearer(KEY), trust_env=False).status_code == 200


def test_the_containers_health_check(tmp_path: Path) -> None:
    def healthy(**ports: str) -> int:
        command = (sys.executable, "-m", "livekit_dashboard.healthcheck")
        environment = {"PATH": os.environ["PATH"], "PORT": "9", "TOKEN_SERVER_PORT": "9", **ports}
        return subprocess.run(command, env=environment, check=False).returncode

    with process(tmp_path, "--port", "0") as started:
        port = address(started)[0].rpartition(":")[2]
        assert healthy(TOKEN_SERVER_PORT=port) == 0
        assert healthy(PORT=port) == 0
        assert healthy() == 1
    assert healthy(TOKEN_SERVER_PORT=port) == 1
