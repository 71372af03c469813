"""The records: tables, the encrypted local file, queries, commands and the way to the server."""
