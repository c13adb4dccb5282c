"""`python3 -m livekit_dashboard.healthcheck`: ends with 0 if the dashboard or the token server of this container answers."""

import os
import sys
import urllib.request

PORTS = (os.environ.get("PORT", "8000"), os.environ.get("TOKEN_SERVER_PORT", "8080"))
TIMEOUT = 2


def answers(port: str) -> bool:
    """Whether /health at this port says 200."""
    # A proxy of the environment is for others.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/health", timeout=TIMEOUT) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not any(answers(port) for port in PORTS))
