"""A LiveKit with something to look at, all on loopback: ``livekit-dashboard demo``."""
