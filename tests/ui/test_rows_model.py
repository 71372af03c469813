"""Rows that come in parts: what is chosen stays, the order holds."""

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from yum_desktop.ui.widgets.tables import Column, DataTable, RowsModel


def numbers() -> RowsModel[int]:
    return RowsModel((Column(title="Số", text=str, sort=lambda number: -number),))


def test_parts_are_added_behind_and_what_is_chosen_stays(qtbot: QtBot) -> None:
    model = numbers()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table = DataTable(model)
    qtbot.addWidget(table)
    model.show_rows(range(5))
    table.select_row(3)
    kept = QPersistentModelIndex(model.index(3, 0))
    model.add_rows(range(5, 9), last=False)
    model.add_rows([], last=False)
    model.add_rows([9], last=True)
    assert list(model.rows) == list(model.given) == list(range(10))
    assert kept.row() == 3
    assert [index.row() for index in table.selectionModel().selectedRows()] == [3]
    assert tester.model() is model


@pytest.mark.parametrize("chosen_after", [0, 1, 2])
def test_another_order_holds_for_all_parts_whenever_it_was_chosen(qtbot: QtBot, chosen_after: int) -> None:
    model = numbers()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table = DataTable(model)
    qtbot.addWidget(table)
    for part in range(3):
        if part == 0:
            model.show_rows(range(4))
        else:
            model.add_rows(range(4 * part, 4 * part + 4), last=part == 2)
        if part == chosen_after:
            table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert list(model.rows) == list(reversed(range(12)))
    model.sort(-1)
    assert list(model.rows) == list(range(12))
    assert tester.model() is model
