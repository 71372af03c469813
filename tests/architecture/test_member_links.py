"""Whatever points at a member goes along when two records of one person become one."""

from yum_desktop.registry.kinds import KINDS, MEMBER_LINKS, PAIR_KIND
from yum_desktop.registry.tables import Base


def test_every_field_that_names_a_member_is_declared_as_a_link() -> None:
    """A kind with a new link is added to `MEMBER_LINKS`; what was said of pairs names both for good."""
    found = {
        (kind.name, name)
        for kind in KINDS
        for name in kind.columns
        if kind.name != PAIR_KIND and (name == "member_id" or name.endswith("_member_id"))
    }
    assert found == set(MEMBER_LINKS)


def test_a_link_can_be_followed_without_reading_everything() -> None:

    for kind, name in MEMBER_LINKS:
        indexed = {column.name for index in Base.metadata.tables[KINDS[kind].table].indexes for column in index.columns}
        assert name in indexed, f"{kind}.{name} has no index"
