"""A list from Excel becomes members: choose the file, match the columns, look, import, and take it back if need be."""
