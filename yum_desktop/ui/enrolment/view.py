"""The pages of the first start: opening the records, enrolling, and the first copy."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from yum_desktop.ui.enrolment.column import StepColumn
from yum_desktop.ui.enrolment.presenter import Copied, Entry
from yum_desktop.ui.formats import bytes_text, number_text
from yum_desktop.ui.theme import Type
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.fields import FieldRow, TextField
from yum_desktop.ui.widgets.panels import Banner, Bar
from yum_desktop.ui.widgets.steps import Step
from yum_desktop.ui.widgets.text import IconLabel, Label

_WIDTH_PX: Final = 960
_HEIGHT_PX: Final = 560
_LEFT_PX: Final = 300
_SECRET: Final = frozenset({"password", "new_password", "again", "passphrase", "passphrase_again"})
_ENTRY: Final = ("server", "account", "password", "new_password", "again", "device_name")
_OWN: Final = ("new_password", "again")
_SLOW_S: Final = 90


class EnrolmentPage(QWidget):
    """Draws and forwards.

    Signals:
        passphrase_entered: The passphrase, and the same typed again.
        retry_requested: Try again to open the records.
        submitted: An `Entry`.
        stop_requested, resume_requested, use_requested: Gestures while the copy arrives.
    """

    passphrase_entered = Signal(str, str)
    retry_requested = Signal()
    submitted = Signal(object)
    stop_requested = Signal()
    resume_requested = Signal()
    use_requested = Signal()

    def __init__(self, *, device_name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Yum Desktop")
        self.setProperty("surface", "bg")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumSize(_WIDTH_PX + 40, _HEIGHT_PX + 40)
        labels = {
            "server": self.tr("Địa chỉ hệ thống"),
            "account": self.tr("Tài khoản"),
            "password": self.tr("Mật khẩu"),
            "new_password": self.tr("Mật khẩu mới"),
            "again": self.tr("Gõ lại"),
            "device_name": self.tr("Tên máy này"),
            "passphrase": self.tr("Mật khẩu của máy"),
            "passphrase_again": self.tr("Gõ lại"),
        }
        self.fields = {name: TextField() for name in labels}
        self.rows = {n: FieldRow(labels[n], f, required=True, field_px=240) for n, f in self.fields.items()}
        for name in _SECRET:
            self.fields[name].setEchoMode(QLineEdit.EchoMode.Password)
        self.fields["server"].setPlaceholderText("tinhdoan.vidu.vn")
        self.fields["device_name"].setText(device_name)
        self.steps = StepColumn()
        self.title = Label("", Type.TITLE, wrap=True)
        self.about = Label("", tone="soft", wrap=True)
        self.trouble = Banner("bad", "octagon-x")
        self.bar = Bar()
        self.share = Label("", Type.NUMBER)
        self.told = Label("", Type.SMALL, tone="soft", data=True)
        self.safe = Banner("ok", "circle-check")
        self.enter = Button(self.tr("Tiếp tục"), kind="primary", icon="arrow-right")
        self.pause = Button(self.tr("Tạm dừng"), icon="pause")
        self.resume = Button(self.tr("Nhận tiếp"), icon="refresh-cw")
        self.use = Button(self.tr("Vào làm việc"), kind="primary", icon="arrow-right")
        self._asks_passphrase = self._asks_own = self._typing_entry = False
        self._stage = 0
        self._lay_out()
        self._connect()
        self.show_opening()

    # opening the records

    def show_opening(self) -> None:
        """Show that the records are being opened."""
        self._put(0, self.tr("Đang mở dữ liệu trên máy"), "")
        self._show_fields(())
        self._show_buttons()

    def show_passphrase(self, *, new: bool) -> None:
        """Ask for the passphrase; a `new` one is typed twice."""
        self._asks_passphrase = True
        again = self.tr("Dữ liệu trên máy này được khóa bằng mật khẩu.")
        first = self.tr("Mật khẩu này khóa dữ liệu trên máy. Hãy ghi lại ở nơi an toàn: quên thì không ai mở được.")
        self._put(
            0, self.tr("Đặt mật khẩu cho máy này") if new else self.tr("Mở dữ liệu trên máy"), first if new else again
        )
        self._show_fields(("passphrase", "passphrase_again") if new else ("passphrase",))
        self._show_buttons(self.enter)
        self.fields["passphrase"].clear()
        self.fields["passphrase_again"].clear()
        self.fields["passphrase"].setFocus()

    def show_not_opened(self, text: str) -> None:
        """Show why the records cannot be opened now, and offer to try again."""
        self._put(0, self.tr("Chưa mở được dữ liệu"), self.tr("Dữ liệu vẫn nguyên trên máy."))
        self._show_fields(())
        self._show_buttons()
        self.trouble.say(text, self.tr("Thử lại"))

    # enrolling

    def show_form(self) -> None:
        """Let a person type."""
        about = self.tr("Chỉ cần mạng một lần. Sau đó mọi việc làm được khi không có mạng.")
        self._put(1, self.tr("Nối máy này với hệ thống"), about)
        self._typing_entry = True
        self._show_fields(tuple(n for n in _ENTRY if self._asks_own or n not in _OWN))
        self._show_buttons(self.enter)
        self._first_empty().setFocus()

    def show_new_password(self) -> None:
        """Ask for a password of one's own."""
        self._asks_own = True
        self.show_form()
        self.about.setText(self.tr("Mật khẩu được cấp chỉ dùng một lần. Hãy đặt mật khẩu của riêng mình."))
        self.fields["new_password"].setFocus()

    def show_connecting(self) -> None:
        """Show that the server is being asked."""
        self._put(1, self.tr("Đang nối với hệ thống"), self.tr("Mạng yếu có thể mất một phút."))
        self._show_fields(())
        self._show_buttons()

    def show_field_trouble(self, field: str, text: str) -> None:
        """Show what is wrong beside a field."""
        if field in self.rows:
            self.rows[field].say("bad", text)
            self.fields[field].setFocus()

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""
        self.trouble.say(text)

    # the first copy

    def show_progress(self, copied: Copied) -> None:
        """Show how much has arrived."""
        about = self.tr("Bạn đã làm việc được. Phần còn lại nhận tiếp ở phía sau.")
        if self._stage != 2 or not self.pause.isVisibleTo(self):
            self._put(2, self.tr("Đang nhận dữ liệu về máy"), about)
            self._show_fields(())
            self._show_buttons(self.pause, self.use)
            self.safe.say(self.tr("Mất mạng hay tắt máy không sao: lần sau nhận tiếp từ chỗ này."))
            self.use.setFocus()
        self._copy.setVisible(True)
        total = max(copied.rows_total, copied.rows)
        self.bar.set_share(copied.rows, total)
        self.share.setText(f"{100 * copied.rows // total}%" if copied.rows_total else "…")
        self.told.setText(self._copied_text(copied))

    def show_stopped(self, text: str) -> None:
        """Show that the copy is not complete, and offer to go on."""
        about = self.tr("Phần đã nhận được giữ. Vào làm việc được ngay, hoặc nhận tiếp khi có mạng.")
        self._put(2, self.tr("Chưa nhận hết dữ liệu"), about)
        self._copy.setVisible(True)
        self._show_fields(())
        self._show_buttons(self.resume, self.use)
        self.trouble.say(text, role="wait", icon="triangle-alert")

    # inside

    def _lay_out(self) -> None:
        left = QFrame()
        left.setProperty("surface", "nav")
        left.setFixedWidth(_LEFT_PX)
        column = QVBoxLayout(left)
        column.setContentsMargins(28, 28, 20, 20)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(IconLabel("users", "accent", 36))
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(Label("Yum Desktop", Type.HEADING))
        names.addWidget(Label(self.tr("Cài đặt lần đầu"), Type.SMALL, tone="soft"))
        head.addLayout(names, 1)
        column.addLayout(head)
        column.addSpacing(36)
        column.addWidget(self.steps)
        column.addStretch(1)
        card = QFrame()
        card.setProperty("look", "card")
        card.setFixedSize(_WIDTH_PX, _HEIGHT_PX)
        row = QHBoxLayout(card)
        row.setContentsMargins(1, 1, 1, 1)
        row.setSpacing(0)
        row.addWidget(left)
        row.addLayout(self._right(), 1)
        whole = QVBoxLayout(self)
        whole.addStretch(1)
        whole.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        whole.addStretch(1)

    def _right(self) -> QVBoxLayout:
        self._copy = QWidget()
        copy = QVBoxLayout(self._copy)
        copy.setContentsMargins(0, 0, 0, 0)
        copy.setSpacing(8)
        figures = QHBoxLayout()
        figures.addWidget(self.share)
        figures.addStretch(1)
        figures.addWidget(self.told, 0, Qt.AlignmentFlag.AlignVCenter)
        copy.addLayout(figures)
        copy.addWidget(self.bar)
        right = QVBoxLayout()
        right.setContentsMargins(36, 28, 36, 28)
        right.setSpacing(8)
        for part in (self.title, self.about):
            right.addWidget(part)
        right.addSpacing(4)
        right.addWidget(self.trouble)
        for row in self.rows.values():
            right.addWidget(row)
        right.addWidget(self._copy)
        right.addSpacing(8)
        right.addWidget(self.safe)
        right.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.pause)
        buttons.addWidget(self.resume)
        buttons.addStretch(1)
        buttons.addWidget(self.enter)
        buttons.addWidget(self.use)
        right.addLayout(buttons)
        return right

    def _connect(self) -> None:
        self.enter.clicked.connect(self._submit)
        self.use.clicked.connect(self.use_requested)
        self.pause.clicked.connect(self.stop_requested)
        self.resume.clicked.connect(self.resume_requested)
        self.trouble.acted.connect(self.retry_requested)
        for field in self.fields.values():
            field.returnPressed.connect(self._next)

    def _put(self, stage: int, title: str, about: str) -> None:
        self._stage = stage
        self._typing_entry = False
        self.title.setText(title)
        self.about.setText(about)
        self.about.setVisible(bool(about))
        self.trouble.say("", role="bad", icon="octagon-x")
        self.safe.say("")
        self._copy.setVisible(False)
        server = self.fields["server"].text().strip()
        names = [
            (self.tr("Mở dữ liệu"), self.tr("Khóa bằng mật khẩu của máy này")),
            (self.tr("Nối với hệ thống"), server or self.tr("Tài khoản do cấp trên cấp")),
            (self.tr("Nhận dữ liệu về máy"), self.tr("Một lần, sau đó chỉ nhận phần mới")),
        ]
        first = 0 if self._asks_passphrase else 1
        self.steps.set_steps(
            [
                Step(label, "done" if at < stage else "now" if at == max(stage, first) else "todo", detail)
                for at, (label, detail) in enumerate(names)
                if at >= first
            ]
        )

    def _show_fields(self, names: tuple[str, ...]) -> None:
        for name, row in self.rows.items():
            row.setVisible(name in names)
            row.say("", "")

    def _show_buttons(self, *shown: Button) -> None:
        for button in (self.enter, self.use, self.pause, self.resume):
            button.setVisible(button in shown)

    def _visible_names(self) -> list[str]:
        return [name for name, row in self.rows.items() if row.isVisibleTo(self)]

    def _first_empty(self) -> TextField:
        names = self._visible_names()
        return next((self.fields[n] for n in names if not self.fields[n].text().strip()), self.fields[names[0]])

    def _next(self) -> None:
        """Enter goes to the next empty field, and goes on when there is none."""
        empty = self._first_empty()
        if empty.text().strip():
            self._submit()
        else:
            empty.setFocus()

    def _submit(self) -> None:
        for row in self.rows.values():
            row.say("", "")
        if self._typing_entry:
            typed = {name: self.fields[name].text() for name in _ENTRY if self._asks_own or name not in _OWN}
            self.submitted.emit(Entry(**typed))
        else:
            self.passphrase_entered.emit(self.fields["passphrase"].text(), self.fields["passphrase_again"].text())

    def _copied_text(self, copied: Copied) -> str:
        rows = number_text(copied.rows)
        if copied.rows_total:
            rows = self.tr("{0}/{1} hồ sơ").format(rows, number_text(copied.rows_total))
        else:
            rows = self.tr("{0} hồ sơ").format(rows)
        parts = [rows, bytes_text(copied.size_bytes)]
        if copied.bytes_per_s:
            parts.append(self.tr("{0}/giây").format(bytes_text(copied.bytes_per_s)))
        if copied.left_s:
            soon, late = self.tr("còn khoảng {0} giây"), self.tr("còn khoảng {0} phút")
            left = copied.left_s
            parts.append(soon.format(left) if left < _SLOW_S else late.format(round(left / 60)))
        return " · ".join(parts)
