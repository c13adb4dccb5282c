"""Parts that the snippets of several areas share."""

from .shell import shell


def lk_who(room: str, identity: str) -> str:
    """The flags of `lk` that name a participant, each on a line of its own."""
    return f"\\\n  --room {shell(room)} \\\n  --identity {shell(identity)}"


def python_calls(*lines: str, reads_environment: bool = False) -> str:
    """A program around calls on `lk`. Address, key and secret come from the environment; with `reads_environment`, other
    values too."""
    return "\n".join(
        [
            "import asyncio",
            *(["import os"] if reads_environment else []),
            "",
            "from livekit import api",
            "",
            "",
            "async def main() -> None:",
            "    # Reads LIVEKIT_URL, LIVEKIT_API_KEY",
            "    # and LIVEKIT_API_SECRET.",
            "    async with api.LiveKitAPI() as lk:",
            *(f"        {line}" for line in lines),
            "",
            "",
            "asyncio.run(main())",
        ]
    )
