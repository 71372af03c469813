"""The server's side: change feed, apply with merge and conflicts, snapshots, ASGI routes."""
