"""The tables come by numbered steps, on SQLite and on PostgreSQL, and newer data is left alone."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from commune import KEY, opened
from sqlalchemy import Connection, inspect, text

from sync.protocol.kinds import SYNC_COLUMNS
from sync.server.database import Database
from yum_desktop.domain.errors import UnavailableError, YumError
from yum_desktop.domain.member import MEMBER_FIELDS
from yum_desktop.registry import migrate
from yum_desktop.registry.engine import Registry, open_central
from yum_desktop.registry.kinds import KINDS
from yum_desktop.registry.tables import Base


@pytest.fixture
def url(store_url: str) -> str:
    return store_url


def differences(conn: Connection) -> list[object]:
    ours = set(Base.metadata.tables)
    only_sqlite = {"ix_member_search"} if conn.dialect.name == "postgresql" else set()

    def compared(_thing: object, name: str | None, kind: str, _found: bool, _other: object) -> bool:
        return name in ours if kind == "table" else name not in only_sqlite

    context = MigrationContext.configure(conn, opts={"include_object": compared, "compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def test_the_steps_lead_to_the_declared_tables(url: str) -> None:
    database = open_central(url)
    with database.read() as conn:
        assert differences(conn) == []
    database.close()


def test_doing_the_steps_again_changes_nothing(url: str) -> None:
    database = open_central(url)
    with database.write() as conn:
        conn.execute(text("INSERT INTO setting (key, value) VALUES ('kept', 'yes')"))
    assert migrate.upgrade(database.engine) == migrate.LATEST
    with database.read() as conn:
        assert conn.execute(text("SELECT value FROM setting")).scalar_one() == "yes"
        assert migrate.version(conn) == migrate.LATEST
    database.close()


def test_a_newer_central_database_is_refused_and_left_as_it_is(url: str) -> None:
    database = open_central(url)
    with database.write() as conn:
        conn.execute(text(f"INSERT INTO {migrate.VERSION_TABLE} VALUES ({migrate.LATEST + 1})"))
    database.close()
    with pytest.raises(UnavailableError) as caught:
        open_central(url)
    assert caught.value.code == "store.newer"
    again = Database(url)
    with again.read() as conn:
        assert migrate.version(conn) == migrate.LATEST + 1
    again.close()


def test_s271_steps_that_fail_leave_nothing_behind(url: str) -> None:
    database = Database(url)
    with database.write() as conn:
        conn.execute(text("CREATE TABLE device (id INTEGER)"))
    with pytest.raises(YumError):
        open_central(url)
    with database.read() as conn:
        assert inspect(conn).get_table_names() == ["device"]
    database.close()


def test_a_central_database_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        open_central("sqlite:////nowhere/at/all.db")


def test_the_local_file_has_the_declared_tables(r: Registry) -> None:
    with r.read() as conn:
        assert differences(conn) == []


def test_every_kind_has_its_columns() -> None:
    for kind in KINDS:
        columns = set(Base.metadata.tables[kind.table].columns.keys())
        assert columns >= {*SYNC_COLUMNS, *kind.columns}, kind.name


def test_the_member_table_holds_exactly_the_fields_of_a_member() -> None:
    columns = set(Base.metadata.tables["member"].columns.keys())
    assert columns == {*SYNC_COLUMNS, "name_key", "name_fold", *(field.name for field in MEMBER_FIELDS)}


def test_the_fields_that_identify_and_that_are_sensitive_are_declared() -> None:
    for field in MEMBER_FIELDS:
        declared = KINDS["member"].by_name[field.name]
        assert (declared.identifies, declared.sensitive) == (
            field.identifies,
            field.sensitive,
        ) or field.name == "unit_id"


def test_s279_a_newer_file_is_refused_without_touching_a_byte(tmp_path: Path) -> None:
    path = tmp_path / "yum.db"
    registry = opened(path)
    with registry.write() as conn:
        conn.execute(text(f"INSERT INTO {migrate.VERSION_TABLE} VALUES ({migrate.LATEST + 1})"))
    registry.close()
    before = path.read_bytes()
    with pytest.raises(UnavailableError) as caught:
        opened(path, key=KEY)
    assert caught.value.code == "store.newer"
    assert path.read_bytes() == before
    assert sorted(found.name for found in tmp_path.iterdir()) == ["yum.db"]
