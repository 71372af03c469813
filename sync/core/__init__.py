"""Decisions of replication: merge, squash, order, scope. No socket, file or clock."""
