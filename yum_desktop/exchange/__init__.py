"""In and out by file."""
