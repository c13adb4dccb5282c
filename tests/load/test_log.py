"""What an operator reads in the log of the real process, on stderr."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from livekit_dashboard.simulator import Fault
from tests.livekit_server import Simulator
from tests.process import PASSWORD, USERNAME, environment, free_port

LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) [\w.]+: .+$")


@asynccontextmanager
async def _serve(
    simulator: Simulator, cwd: Path, log: Path, **changes: str
) -> AsyncIterator[httpx.AsyncClient]:
    """The dashboard as a process whose stderr goes to a file, and a client of it."""
    port = free_port()
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("livekit-dashboard"),
            "serve",
            "--port",
            str(port),
            env=environment(simulator, **changes),
            cwd=cwd,
            stderr=stderr,
        )
    try:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, auth=(USERNAME, PASSWORD), trust_env=False) as client:
            async with asyncio.timeout(20):
                while True:
                    try:
                        await client.get("/health")
                        break
                    except httpx.ConnectError:
                        await asyncio.sleep(0.05)
            yield client
    finally:
        process.terminate()
        await process.wait()


async def test_the_log_tells_of_outages_log_ins_and_nothing_secret(
    simulator: Simulator, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    async with _serve(simulator, tmp_path, log, LOG_LEVEL="info") as client:
        assert (await client.get("/rooms")).status_code == 200
        fault = simulator.world.faults.add(Fault("refuse"))
        for _ in range(3):
            assert (await client.get("/rooms")).status_code == 502
        simulator.world.faults.remove(fault)
        assert (await client.get("/rooms")).status_code == 200
        for _ in range(12):
            client.cookies.clear()  # Those of a browser that has logged in before are counted apart.
            await client.get("/rooms", auth=(USERNAME, "a-wrong-guess"))
    lines = log.read_text("utf-8").splitlines()
    assert all(LINE.match(line) for line in lines), lines
    ours = [line.partition(" ")[2].partition(" ")[2] for line in lines if "livekit_dashboard" in line]
    assert [line for line in ours if "outages" in line] == [
        "WARNING livekit_dashboard.services.errors.outages: LiveKit can’t be reached: the connection was closed without"
        f" an answer (RoomService/ListRooms at {simulator.url})",
        f"INFO livekit_dashboard.services.errors.outages: LiveKit answers again at {simulator.url} after 0 s."
        " It was: LiveKit can’t be reached.",
    ]
    failed = [line for line in ours if "Login from 127.0.0.1 failed" in line]
    assert len(failed) == 10
    assert len([line for line in ours if "Too many failed logins from 127.0.0.1" in line]) == 1
    for secret in ("a-wrong-guess", PASSWORD, simulator.api_secret, "eyJhbGciOi"):
        assert secret not in log.read_text("utf-8")


async def test_a_warning_level_leaves_out_what_works(simulator: Simulator, tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with _serve(simulator, tmp_path, log, LOG_LEVEL="warning") as client:
        fault = simulator.world.faults.add(
            Fault("error", code="unauthenticated", message="permissions denied")
        )
        await client.get("/rooms")
        simulator.world.faults.remove(fault)
        await client.get("/rooms")
    (line,) = log.read_text("utf-8").splitlines()
    assert "WARNING livekit_dashboard.services.errors.outages: LiveKit doesn’t permit this" in line
