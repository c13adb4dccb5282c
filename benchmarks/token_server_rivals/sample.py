"""The obvious token server: what twenty lines of FastAPI and LiveKit's SDK give."""

import logging
from datetime import UTC, datetime, timedelta

import uvicorn
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from livekit import api
from pydantic import BaseModel

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
logger = logging.getLogger("token-server")
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["*"])


class TokenRequest(BaseModel):
    room_name: str
    participant_name: str
    metadata: str = ""


@app.post("/token")
async def token(request: TokenRequest) -> dict[str, str]:
    expires = datetime.now(UTC) + timedelta(hours=24)
    grants = api.VideoGrants(room_join=True, room=request.room_name)
    signed = (
        api.AccessToken()
        .with_identity(request.participant_name)
        .with_name(request.participant_name)
        .with_metadata(request.metadata)
        .with_ttl(timedelta(hours=24))
        .with_grants(grants)
    )
    logger.info("Token generated for user %s in room %s", request.participant_name, request.room_name)
    return {"token": signed.to_jwt(), "url": "wss://livekit.example.com", "expires_at": expires.isoformat()}


if __name__ == "__main__":
    import sys

    uvicorn.run(app, port=int(sys.argv[1]))
