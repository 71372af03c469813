"""Pictures of the window of the identity card with an invented card."""

from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from yum_desktop.domain.card import Value
from yum_desktop.ui.asking import QtAsker
from yum_desktop.ui.card.presenter import CardPresenter
from yum_desktop.ui.card.view import CardDialog
from yum_desktop.ui.members.scene import vocabulary
from yum_desktop.ui.scenes import NOW, Scene, SceneJobs

_RECORD: Final[dict[str, Value]] = {
    "full_name": "Lò Thị Phương Thảo",
    "born_on": "2003",
    "sex": "NU",
    "id_number": "014303004851",
}
_CODE: Final = "014303004815||LÒ THỊ PHƯƠNG THẢO|30042003|Nữ|Bản Nà Lếch, Xã Mường Vạt, Huyện Mai Sơn, Sơn La|10052021|"
_DAMAGED: Final = "014303004815||Lo Thi Phuong Thao|31022003|Nu|Ban Na Lech, Xa Muong Vat, Son La|10052021"


def _over(code: str | None, record: dict[str, Value]) -> QWidget:
    window = QWidget()
    dialog = CardDialog(QtAsker(window), partial(vocabulary().shown, open_numbers=True), window)
    dialog.presenter = CardPresenter(dialog, SceneJobs(), NOW.date(), record, lambda _values: None)
    dialog.setWindowFlags(Qt.WindowType.Widget)
    QVBoxLayout(window).addWidget(dialog, 0, Qt.AlignmentFlag.AlignCenter)
    if code is not None:
        dialog.presenter.read(code)
    return window


def scenes() -> list[Scene]:
    """Return the pictures of this window."""
    return [
        Scene("the-can-cuoc-cho-quet", lambda: _over(None, {})),
        Scene("the-can-cuoc-so-sanh", lambda: _over(_CODE, _RECORD), dark=True),
        Scene("the-can-cuoc-mat-dau", lambda: _over(_DAMAGED, {"full_name": "Lò Thị Thảo"})),
        Scene("the-can-cuoc-khong-phai", lambda: _over("https://example.vn/qr/1", {})),
    ]
