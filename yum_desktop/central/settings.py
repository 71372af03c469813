"""What the server remembers about itself, on either database."""

from sqlalchemy import Connection

from sync.server.database import run


def get(conn: Connection, key: str) -> str | None:
    """Return one value."""
    value = run(conn, "SELECT value FROM setting WHERE key = ?", (key,)).scalar()
    return None if value is None else str(value)


def put(conn: Connection, key: str, value: str) -> None:
    """Remember one value."""
    sql = "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    run(conn, sql, (key, value))


def put_first(conn: Connection, key: str, value: str) -> str:
    """Remember a value unless there is one; return the one that counts."""
    run(conn, "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING", (key, value))
    return str(run(conn, "SELECT value FROM setting WHERE key = ?", (key,)).scalar_one())


def starting_with(conn: Connection, prefix: str) -> dict[str, str]:
    """Return the values whose key begins with `prefix`, by the rest of the key."""
    rows = run(conn, "SELECT key, value FROM setting WHERE substr(key, 1, ?) = ?", (len(prefix), prefix))
    return {str(key)[len(prefix) :]: str(value) for key, value in rows}
