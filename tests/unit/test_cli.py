"""The command line: what it says, its exit status, and what it keeps out of the log."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from livekit_dashboard import __version__
from livekit_dashboard.cli import main

REQUIRED = {
    "LIVEKIT_URL": "http://127.0.0.1:9",
    "LIVEKIT_API_KEY": "APIkey",
    "LIVEKIT_API_SECRET": "a-secret-that-is-long-enough-for-hs256",
    "ADMIN_USERNAME": "admin",
    "ADMIN_PASSWORD": "correct horse battery staple",
}


@contextmanager
def command(directory: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a directory without .env, with these settings alone; killed if it is still there."""
    environment = {"PATH": os.environ["PATH"], **variables}
    process = subprocess.Popen(
        [Path(sys.executable).with_name("livekit-dashboard"), *arguments],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"livekit-dashboard {__version__}\n"


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    shown = capsys.readouterr().out
    assert re.search(r"^ +serve +serve the dashboard", shown, re.MULTILINE)
    assert re.search(r"^ +demo +serve it with a LiveKit of its own", shown, re.MULTILINE)


@pytest.mark.parametrize("arguments", [[], ["fly"], ["serve", "--port", "65536"], ["demo", "--port", "http"]])
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert capsys.readouterr().err.startswith("usage: livekit-dashboard")


def test_serve_names_all_missing_settings_at_once(tmp_path: Path) -> None:
    with command(tmp_path, "serve") as process:
        out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert out == ""
    assert all(name in err for name in REQUIRED)
    assert "Traceback" not in err


def test_serve_names_only_what_is_missing(tmp_path: Path) -> None:
    given = {name: value for name, value in REQUIRED.items() if name != "ADMIN_PASSWORD"}
    with command(tmp_path, "serve", **given) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert [name for name in REQUIRED if name in err] == ["ADMIN_PASSWORD"]


def test_serve_answers_and_logs_no_query(tmp_path: Path) -> None:
    # The port that the option names wins over the setting.
    with command(tmp_path, "serve", "--port", "0", PORT="1", **REQUIRED) as process:
        url = _address(process)
        answer = httpx.get(f"{url}/health?access_token=eyJsecret")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert answer.status_code == 200
    assert "server" not in answer.headers
    assert process.returncode == 0
    assert "GET /health HTTP/1.1" in err
    assert "eyJsecret" not in err
    assert "Traceback" not in err


def test_nothing_that_browsers_send_is_logged_for_debugging(tmp_path: Path) -> None:
    with command(tmp_path, "serve", "--port", "0", **REQUIRED, LOG_LEVEL="debug") as process:
        url = _address(process).replace("http:", "ws:")
        headers = {"Authorization": "Basic c2VjcmV0", "Cookie": "flash=secret"}
        with (
            connect(f"{url}/live?ticket=secret", additional_headers=headers, proxy=None) as socket,
            pytest.raises(ConnectionClosed),
        ):
            socket.recv(timeout=10)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert "/live" in err
    assert "c2VjcmV0" not in err
    assert "secret" not in err


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    for line in process.stderr:
        if found := re.search(r"running on (http://\S+)", line):
            return found[1]
    pytest.fail("it ended without saying where it listens")
