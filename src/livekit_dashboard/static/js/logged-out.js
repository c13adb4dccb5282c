// The browser's other tabs have their sockets open still, and would go on showing what happens.
new BroadcastChannel("livekit-dashboard").postMessage("logged out");
