"""Who may be entered twice: the list to go through, and making one record of two."""
