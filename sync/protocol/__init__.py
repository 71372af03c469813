"""What travels between replica and server, and how records are declared."""
