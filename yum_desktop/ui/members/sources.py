"""The members of a registry, as the screen asks for them."""

from collections.abc import Callable, Mapping
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.registry import audit, commands, numbers, pairs, places, queries
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.members.likeness import Hints, hints_of
from yum_desktop.ui.members.presenter import MemberSources
from yum_desktop.ui.members.vocabulary import Vocabulary


def member_sources(registry: Registry, vocabulary: Callable[[], Vocabulary]) -> MemberSources:
    """Return the functions of the screen; all of them run on the database lane."""

    def add(unit_id: UUID, values: Mapping[str, Value]) -> tuple[UUID, str]:
        group = registry.new_id().hex
        return commands.add_member(registry, unit_id, values, group=group), group

    def put(member_id: UUID, values: Mapping[str, Value]) -> str:
        group = registry.new_id().hex
        commands.set_member(registry, member_id, values, group=group)
        return group

    def delete(member_id: UUID) -> str:
        commands.delete_member(registry, member_id)
        return commands.last_group(registry) or ""

    def like(values: Mapping[str, Value], member_id: UUID | None) -> Hints:
        elsewhere = numbers.perhaps_elsewhere(registry, values.get("id_number"), member_id=member_id)
        return hints_of(pairs.like(registry, values, but=member_id), elsewhere=elsewhere)

    return MemberSources(
        units=lambda: queries.unit_tree(registry),
        rows=lambda unit_id, text: queries.member_list(registry, unit_id, text=text),
        more=lambda rest: queries.more_members(registry, rest),
        member=lambda member_id: queries.member(registry, member_id),
        history=lambda member_id: queries.history(registry, "member", member_id),
        vocabulary=vocabulary,
        add=add,
        put=put,
        delete=delete,
        like=like,
        report=lambda text, province, unit_id: places.report(registry, text, province=province, unit_id=unit_id),
        viewed=audit.Views(registry).note,
    )
