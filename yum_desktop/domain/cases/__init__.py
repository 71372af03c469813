"""The Union's procedures as state tables."""
