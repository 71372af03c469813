"""What waits, what was refused and why, and what must be chosen."""
