"""The first start: which server, which account, and the first copy of the unit's records."""
