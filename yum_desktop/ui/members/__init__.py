"""The members: tree of units, table, details, and the form."""
