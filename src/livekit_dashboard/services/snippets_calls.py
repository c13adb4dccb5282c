"""What all snippets that call LiveKit's API from Python have around the calls."""


def python_calls(*lines: str, reads_environment: bool = False) -> str:
    """A program around calls on `lk`; address, key and secret come from the environment, and maybe more."""
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
