"""A list out into a spreadsheet: which layout, what is seen of it, who may open it."""
