"""The main window with all its screens, joined to the records of one home folder."""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QObject, QTimer

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import YumError
from yum_desktop.registry import activity, bundles, commands, handovers, numbers, pairs, queries, reachable, syncing
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.views import MemberRow, SyncState
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.autosync import AutoSync
from yum_desktop.ui.cases.presenter import CaseSources, CasesPresenter
from yum_desktop.ui.cases.view import CasesPage
from yum_desktop.ui.cleaning.screen import CleaningScreen, cleaning_sources
from yum_desktop.ui.cleaning.view import CleaningPage
from yum_desktop.ui.conflict.presenter import Choice, ConflictPresenter, ConflictSources, Side
from yum_desktop.ui.conflict.view import ConflictPage
from yum_desktop.ui.duplicates.merging import MergePage
from yum_desktop.ui.duplicates.screen import DuplicatesScreen, duplicate_sources
from yum_desktop.ui.duplicates.view import DuplicatesPage
from yum_desktop.ui.enrolment.presenter import EnrolmentSources, Entry
from yum_desktop.ui.export.presenter import export_sources
from yum_desktop.ui.formats import HANOI
from yum_desktop.ui.import_wizard.screen import ImportScreen, import_sources
from yum_desktop.ui.import_wizard.view import ImportPage
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.screen import MembersScreen
from yum_desktop.ui.members.sources import member_sources
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.members.vocabulary import Vocabulary
from yum_desktop.ui.shell.presenter import ProgressLike, ReportLike, ShellPresenter
from yum_desktop.ui.shell.screen import ShellScreen
from yum_desktop.ui.shell.window import MainWindow
from yum_desktop.ui.sync_page.anew import AnewPresenter
from yum_desktop.ui.sync_page.by_file import FilePresenter, FileSources
from yum_desktop.ui.sync_page.presenter import SyncPresenter, SyncSources, Tab
from yum_desktop.ui.sync_page.settling import SettlingPresenter
from yum_desktop.ui.sync_page.sign_in import SignInPresenter
from yum_desktop.ui.sync_page.view import SyncPage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a sync is, as the shell shows it."""

    rows: int
    rows_total: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stopped a sync."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a sync ended, as the shell shows it."""

    status: str
    error: Trouble | None


def sync_now(registry: Registry, progress: Callable[[ProgressLike], None], stop: Callable[[], bool]) -> ReportLike:
    """Synchronise; runs on the network lane."""

    def told(now: syncing.Progress) -> None:
        progress(Progressed(now.rows, now.rows_total, now.size_bytes))

    report = syncing.sync(registry, progress=told, cancel=stop)
    if report.status == "done" and not stop():
        _renew_numbers(registry, stop)
    text = syncing.error_text(report)
    return Ended(report.status, None if report.error_code is None else Trouble(report.error_code, text or ""))


def _renew_numbers(registry: Registry, stop: Callable[[], bool]) -> None:
    """Fetch, seldom, what the form hints with about numbers of other units. Without it there is no hint, no more."""
    try:
        if numbers.is_due(registry):
            numbers.renew(registry, cancel=stop)
    except YumError as error:
        log.info("the numbers were not renewed: %s", error.code)


def enrolment_sources(registry: Registry) -> EnrolmentSources:
    """Return what the first start does with these records."""

    def enrol(entry: Entry) -> None:
        syncing.enrol(
            registry,
            server=entry.server,
            account=entry.account,
            password=entry.password,
            device_name=entry.device_name,
        )

    def change_password(entry: Entry) -> None:
        syncing.change_password(
            server=entry.server, account=entry.account, password=entry.password, new_password=entry.new_password
        )

    return EnrolmentSources(enrol=enrol, change_password=change_password, sync=partial(sync_now, registry))


class Desk(QObject):
    """Everything a person works with once the device is enrolled.

    Attributes:
        window: The main window.
        shell: Strip, undo and sync.
        members, cases, imports, sync_lists, anew, sign_in, files, conflict: The screens.
        autosync: When to exchange without being asked.
    """

    def __init__(
        self,
        registry: Registry,
        jobs: Jobs,
        clock: Clock,
        vocabulary: Callable[[], Vocabulary],
        ask: Callable[[MainWindow], Asker],
        show_file: Callable[[Path], None] = lambda _path: None,
    ) -> None:
        super().__init__()
        self._registry, self._jobs, self._clock, self._vocabulary = registry, jobs, clock, vocabulary
        self._show_file = show_file
        self._seen_from = "members"
        self.window = MainWindow()
        self._screen = ShellScreen(self.window, clock)
        self.shell = ShellPresenter(
            self,
            jobs,
            sync_state=self._sync_state,
            sync=partial(sync_now, registry),
            undo=partial(commands.undo, registry),
        )
        self._screen.attach(self.shell)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self.autosync = AutoSync(
            jobs,
            clock,
            later=self._timer.start,
            reachable=partial(reachable.is_reachable, registry),
            state=lambda: self.shell.state,
            sync=self.shell.sync,
            heard=self.shell.refresh,
            chance=random.Random().random,  # noqa: S311  # spreads devices over time, no secret
        )
        self._timer.timeout.connect(self.autosync.look)
        self.asker = ask(self.window)
        self._add_members()
        self._add_cases()
        self._add_import()
        self._add_sync()
        self._add_conflict()
        self._add_duplicates()
        self._add_cleaning()

    def start(self) -> None:
        """Show the members, read the state, and begin to look for a connection."""
        self.window.show_page("members")
        self.members.refresh()
        self.cases.refresh()
        self.shell.refresh()
        self.autosync.start()

    def changed(self) -> None:
        """Something was changed here: count what waits, and send it soon."""
        self.shell.refresh()
        self.autosync.edited()

    def did(self, text: str, group: str, *, quiet: bool = False) -> None:
        """Remember what was done, so that it can be undone, and send it soon."""
        self.shell.did(text, group, quiet=quiet)
        self.autosync.edited()

    def stop_trying(self) -> None:
        """Look for no connection any more: somebody else decides when to exchange."""
        self.autosync.stop()

    # what the shell's presenter says: the window shows it, and the page of the sync too

    def show_state(self, state: SyncState) -> None:
        """Show the sync state everywhere."""
        self._screen.show_state(state)
        self.sync_lists.show_state(state)

    def say_done(self, text: str, *, undo: bool) -> None:
        """Show a message about what was done."""
        self._screen.say_done(text, undo=undo)

    def say_trouble(self, text: str) -> None:
        """Show what could not be done."""
        self._screen.say_trouble(text)

    def refresh_page(self) -> None:
        """Let the page in front read its data again."""
        self._screen.refresh_page()

    # going from one screen to another

    def open_conflict(self, conflict_id: UUID) -> None:
        """Go to where two versions are chosen from; "Để sau" comes back to the page of now."""
        self._seen_from = self.window.page_key()
        self.window.show_page("conflict")
        self.window.nav.mark("sync")
        self.conflict.open(conflict_id)

    def open_record(self, kind: str, record_id: UUID, field: str | None) -> None:
        """Go to the field of a record, or to the record."""
        if kind == "conflict":
            self.open_conflict(record_id)
        elif kind == "case":
            self.window.show_page("cases")
            self.cases.look_at(record_id)
        elif kind == "pair":
            self.window.show_page("duplicates")
        else:
            self.window.show_page("members")
            if kind == "member" and field is not None:
                self.members.edit_member(record_id, field)
            elif kind == "member":
                self.members.show_member(record_id)

    def _sync_state(self) -> SyncState:
        return replace(queries.sync_state(self._registry), online=self.autosync.take_news())

    def _add_members(self) -> None:
        page = MembersPage(self._clock)
        self.members = MembersScreen(
            page,
            self._jobs,
            member_sources(self._registry, self._vocabulary),
            self._clock,
            did=self.did,
            open_conflict=self.open_conflict,
            look=self._look_at_like,
            asker=self.asker,
            export=export_sources(self._registry),
        )
        self.window.add_page("members", self.tr("Đoàn viên"), "users", page)
        find = partial(_find_members, self._registry)
        self._finder = self._screen.attach_search(self._jobs, find, self.members.show_member)

    def _add_cases(self) -> None:
        page = CasesPage(self._clock)
        r = self._registry
        sources = CaseSources(
            units=partial(queries.unit_tree, r),
            vocabulary=self._vocabulary,
            cases=partial(queries.cases, r),
            case=partial(queries.case, r),
            draft=partial(commands.draft_admission, r),
            put=partial(commands.set_case, r),
            step=partial(commands.take_step, r),
        )
        self.cases = CasesPresenter(page, self._jobs, sources, self.asker, changed=self.changed)
        page.case_chosen.connect(self.cases.look_at)
        page.begin_requested.connect(self.cases.begin)
        page.left.connect(self.cases.leave)
        page.unit_chosen.connect(self.cases.choose_unit)
        page.field_left.connect(self.cases.leave_field)
        page.action_requested.connect(self.cases.act)
        page.refresh_requested.connect(self.cases.refresh)
        self.window.add_page("cases", self.tr("Nghiệp vụ"), "folder-check", page)

    def _add_import(self) -> None:
        page = ImportPage()
        self.imports = ImportScreen(
            page,
            self._jobs,
            import_sources(self._registry, self._vocabulary, self._clock),
            self.asker,
            did=self.did,
            changed=self.changed,
            show_members=partial(self.window.show_page, "members"),
        )
        self.window.add_page("import", self.tr("Nhập từ Excel"), "file-spreadsheet", page)

    def _add_sync(self) -> None:
        page = SyncPage(self._clock)
        r = self._registry
        sources = SyncSources(
            pending=partial(queries.pending, r),
            conflicts=partial(queries.conflicts, r),
            recent=partial(activity.recent_changes, r),
            case_of_step=partial(activity.case_of_step, r),
            retry=partial(commands.retry_refused, r),
            discard=partial(commands.discard_refused, r),
            redirect=partial(pairs.redirect, r),
            received=partial(handovers.received, r),
            handed=partial(handovers.mine, r),
            vocabulary=self._vocabulary,
            accept=partial(handovers.accept, r),
            give_back=partial(handovers.give_back, r),
            put_away=partial(handovers.put_away, r),
        )
        self.sync_lists = SyncPresenter(
            page,
            self._jobs,
            sources,
            open_record=self.open_record,
            open_conflict=self.open_conflict,
            changed=self.changed,
        )
        page.line_opened.connect(self.sync_lists.open_line)
        page.retry_requested.connect(self.sync_lists.retry)
        page.discard_requested.connect(self.sync_lists.discard)
        page.accept_requested.connect(self.sync_lists.accept)
        page.accept_with_requested.connect(self.sync_lists.accept_with)
        page.return_requested.connect(self.sync_lists.give_back)
        page.put_away_requested.connect(self.sync_lists.put_away)
        page.refresh_requested.connect(self.sync_lists.refresh)
        page.sync_requested.connect(self.shell.sync)
        page.stop_requested.connect(self.shell.stop_sync)
        self.anew = AnewPresenter(
            self._jobs, self.asker, list_anew=partial(syncing.list_anew, r), sync=self.shell.sync,
            trouble=page.show_trouble,
        )  # fmt: skip
        page.anew_requested.connect(self.anew.ask)
        self.sign_in = SignInPresenter(
            self._jobs, self.asker, account=lambda: r.identity.account, sign_in=partial(syncing.sign_in_again, r),
            sync=self.shell.sync, trouble=page.show_trouble,
        )  # fmt: skip
        page.sign_in_requested.connect(self.sign_in.ask)
        self.settling = SettlingPresenter(
            self._jobs, self.asker, conflicts=lambda: self.sync_lists.lists.conflicts,
            settle_all=partial(commands.settle_all, r), did=self.did, changed=self.sync_lists.refresh,
            trouble=page.show_trouble,
        )  # fmt: skip
        page.settle_all_requested.connect(self.settling.ask)
        page.list_requested.connect(self._show_list)
        self._add_files(page)
        self.window.add_page("sync", self.tr("Đồng bộ"), "refresh-cw", page)

    def _add_files(self, page: SyncPage) -> None:
        r = self._registry
        sources = FileSources(
            name=lambda: bundles.file_name(r, now=self._clock.now().astimezone(HANOI)),
            export=partial(bundles.export, r),
            look=partial(bundles.look, r),
            take=partial(bundles.take, r),
            carry=partial(bundles.carry, r),
        )
        self.files = FilePresenter(
            page.by_file, self._jobs, sources, self.asker, trouble=page.show_trouble, changed=self._received
        )
        page.by_file.export_requested.connect(self.files.export)
        page.by_file.open_requested.connect(self.files.open)

    def _received(self) -> None:
        self.changed()
        self.sync_lists.refresh()
        self.members.refresh()

    def _add_conflict(self) -> None:
        page = ConflictPage(self._clock)
        r = self._registry
        sources = ConflictSources(
            conflicts=partial(queries.conflicts, r, open_only=False),
            account=lambda: r.identity.account,
            values=partial(_values, r),
            vocabulary=self._vocabulary,
            settle=partial(_settle, r),
        )
        self.conflict = ConflictPresenter(page, self._jobs, sources, settled=self._settled)
        page.opened.connect(self.conflict.open)
        page.chosen.connect(self.conflict.choose)
        page.all_chosen.connect(self.conflict.choose_all)
        page.typed.connect(self.conflict.type_own)
        page.settle_requested.connect(self.conflict.settle)
        page.record_requested.connect(self._look_at_record)
        page.put_off.connect(self._leave_conflict)
        page.refresh_requested.connect(self.conflict.refresh)
        self.window.add_hidden_page("conflict", page)

    def _add_duplicates(self) -> None:
        page, merging = DuplicatesPage(), MergePage()
        self.duplicates = DuplicatesScreen(
            page,
            merging,
            self._jobs,
            duplicate_sources(self._registry, self._vocabulary),
            did=self.did,
            go=self._go_to_duplicates,
            open_record=partial(self._open_member, None),
            counted=self._count_duplicates,
        )
        self.window.add_page("duplicates", self.tr("Nghi trùng"), "copy", page)
        self.window.add_hidden_page("merge", merging)

    def _add_cleaning(self) -> None:
        page = CleaningPage()
        self.cleaning = CleaningScreen(
            page,
            self._jobs,
            cleaning_sources(self._registry, member_sources(self._registry, self._vocabulary)),
            self._clock,
            did=self.did,
            say=partial(self.say_done, undo=False),
            look=self._look_at_like,
            open_unit=self._open_unit,
            open_pairs=partial(self.window.show_page, "duplicates"),
            asker=self.asker,
            show_file=self._show_file,
        )
        self.window.add_page("cleaning", self.tr("Làm sạch"), "list-checks", page)

    def _open_unit(self, unit_id: UUID) -> None:
        self.members.show_unit(unit_id)
        self.window.show_page("members")

    def _go_to_duplicates(self, page: str) -> None:
        self.window.show_page(page)
        self.window.nav.mark("duplicates")

    def _look_at_like(self, member_id: UUID | None, other: UUID) -> None:
        """Show two records that resemble each other side by side; one alone while the other is not kept yet."""
        if member_id is None:
            self.open_record("member", other, None)
        else:
            self.duplicates.open(member_id, other)

    def _open_member(self, field: str | None, member_id: UUID) -> None:
        self.open_record("member", member_id, field)

    def _count_duplicates(self, count: int) -> None:
        self.window.nav.set_count("duplicates", count, "pick")

    def _show_list(self, name: str) -> None:
        self.sync_lists.show(Tab(name))

    def _look_at_record(self) -> None:
        row = self.conflict.looked_at
        if row is not None:
            self.open_record(row.kind, row.record_id, None)

    def _settled(self, title: str, waiting: int) -> None:
        words = self.tr("Đã chọn cho {0}, còn {1} chỗ cần chọn") if waiting else self.tr("Đã chọn cho {0}")
        self.window.toast.say(words.format(title, waiting), undo=False)
        self.changed()
        if not waiting:
            self._leave_conflict()

    def _leave_conflict(self) -> None:
        self.window.show_page(self._seen_from if self._seen_from != "conflict" else "sync")


def _find_members(registry: Registry, text: str) -> list[MemberRow]:
    return queries.member_rows(registry, None, text=text, limit=8)


def _values(registry: Registry, kind: str, record_id: UUID) -> Mapping[str, Value]:
    return queries.member(registry, record_id).values if kind == "member" else {}


def _settle(registry: Registry, conflict_id: UUID, choices: Mapping[str, Choice]) -> None:
    taken: dict[str, commands.Take | Value] = {}
    for field, choice in choices.items():
        if choice.side is Side.MINE:
            taken[field] = commands.Take.MINE
        elif choice.side is Side.THEIRS:
            taken[field] = commands.Take.THEIRS
        else:
            taken[field] = choice.value
    commands.settle_conflict(registry, conflict_id, taken)
