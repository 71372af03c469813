"""What the Union's rules say: plain Python, no screen, no disk, no network, no clock."""
