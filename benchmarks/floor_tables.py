"""The plain table of the floors: the thirty fields as text, and the indexes a list of members needs."""

from typing import Final

from benchmarks.people import FIELDS

INDEXED: Final = ("unit_path", "full_name", "cccd")
CREATE: Final = (
    f"CREATE TABLE members ({', '.join(f'{n} TEXT PRIMARY KEY' if n == 'id' else f'{n} TEXT' for n in FIELDS)})",
    *(f"CREATE INDEX members_{name} ON members ({name})" for name in INDEXED),
)
INSERT: Final = f"INSERT INTO members VALUES ({', '.join('?' * len(FIELDS))})"
SELECT: Final = f"SELECT {', '.join(FIELDS)} FROM members"
