"""The device's side: local store, outbox, the engine that exchanges with the server, and its transports."""
