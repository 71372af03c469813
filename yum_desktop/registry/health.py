"""Whether the local file can be read as a whole."""

from yum_desktop.registry.engine import Registry


def damages(r: Registry) -> list[str]:
    """Return what is wrong with the file: of its pages, its indexes and its encryption; nothing when all is well."""
    with r.read() as conn:
        sealed = [str(row[0]) for row in conn.exec_driver_sql("PRAGMA cipher_integrity_check")]
        inside = [str(row[0]) for row in conn.exec_driver_sql("PRAGMA integrity_check(20)")]
    return sealed + [text for text in inside if text != "ok"]
