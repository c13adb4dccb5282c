"""Programs of ours as processes of their own, as they run in production."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.livekit_server import Simulator

USERNAME, PASSWORD = "admin", "a-password-for-tests"


@dataclass(frozen=True)
class Program:
    """One that answers at `url`."""

    url: str
    process: asyncio.subprocess.Process

    @property
    def auth(self) -> tuple[str, str]:
        return USERNAME, PASSWORD

    def memory(self) -> int:
        """Resident bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def environment(simulator: Simulator, **changes: str) -> dict[str, str]:
    """What configures a dashboard for this server, and nothing of this machine's own."""
    given = {
        "LIVEKIT_URL": simulator.url,
        "LIVEKIT_API_KEY": simulator.api_key,
        "LIVEKIT_API_SECRET": simulator.api_secret,
        "ADMIN_USERNAME": USERNAME,
        "ADMIN_PASSWORD": PASSWORD,
        "LOG_LEVEL": "warning",
    }
    return {"PATH": os.environ["PATH"], **given, **changes}


@asynccontextmanager
async def dashboard_process(variables: Mapping[str, str], cwd: Path) -> AsyncIterator[Program]:
    """`livekit-dashboard serve` on a port of its own, in a folder without a `.env`; it ends with the block."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys; from livekit_dashboard.cli import main; sys.exit(main())",
        "serve",
        "--port",
        str(port),
        env=dict(variables),
        cwd=cwd,
    )
    program = Program(f"http://127.0.0.1:{port}", process)
    try:
        await _healthy(program)
        yield program
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(10):
            await process.wait()


async def _healthy(program: Program) -> None:
    async with asyncio.timeout(20), httpx.AsyncClient(base_url=program.url, trust_env=False) as client:
        while True:
            assert program.process.returncode is None, "it ended before it answered"
            try:
                if (await client.get("/health")).status_code == 200:
                    return
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
