"""Two versions of one record, and the person who chooses."""
