"""A console and a token server for self-hosted LiveKit."""

from importlib.metadata import version

__version__ = version("livekit-dashboard")
