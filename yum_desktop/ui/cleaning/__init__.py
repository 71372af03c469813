"""The saved lists of records to be looked at again: counts, rows, and the form that leads from gap to gap."""
