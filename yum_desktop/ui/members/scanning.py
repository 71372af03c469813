"""Reads an identity card into the form."""

from functools import partial

from PySide6.QtWidgets import QWidget

from yum_desktop.registry.clock import Clock
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.card.presenter import CardPresenter
from yum_desktop.ui.card.view import CardDialog
from yum_desktop.ui.formats import HANOI
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.editing import EditingPresenter


def scan_card(editing: EditingPresenter, page: QWidget, jobs: Jobs, asker: Asker, clock: Clock) -> None:
    """Open the window that reads a card, over `page`; what is taken goes into the member in the form."""
    vocabulary = editing.vocabulary
    if vocabulary is None:
        return
    dialog = CardDialog(asker, partial(vocabulary.shown, open_numbers=True), page)
    today = clock.now().astimezone(HANOI).date()
    dialog.presenter = CardPresenter(dialog, jobs, today, editing.values, editing.take)
    dialog.open()
