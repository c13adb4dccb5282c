// The obvious token server in Node.js: Express and livekit-server-sdk.
import cors from "cors";
import express from "express";
import { AccessToken } from "livekit-server-sdk";

const app = express();
app.use(cors({ origin: "http://localhost:3000" }));
app.use(express.json());

app.post("/token", async (request, response) => {
  const { room_name, participant_name, metadata } = request.body;
  if (!room_name || !participant_name) {
    return response.status(400).json({ error: "room_name and participant_name are required" });
  }
  const token = new AccessToken(process.env.LIVEKIT_API_KEY, process.env.LIVEKIT_API_SECRET, {
    identity: participant_name,
    name: participant_name,
    metadata,
    ttl: "24h",
  });
  token.addGrant({ roomJoin: true, room: room_name });
  console.log(`Token generated for user ${participant_name} in room ${room_name}`);
  response.json({
    token: await token.toJwt(),
    url: "wss://livekit.example.com",
    expires_at: new Date(Date.now() + 24 * 3600 * 1000).toISOString(),
  });
});

app.listen(Number(process.argv[2]), "127.0.0.1");
