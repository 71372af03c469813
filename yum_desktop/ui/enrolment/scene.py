"""Pictures of the first start."""

from PySide6.QtWidgets import QWidget

from yum_desktop.ui.enrolment.presenter import Copied
from yum_desktop.ui.enrolment.view import EnrolmentPage
from yum_desktop.ui.scenes import Scene


def _page() -> EnrolmentPage:
    page = EnrolmentPage(device_name="Văn phòng Đoàn xã 1")
    page.fields["server"].setText("tinhdoan.sonla.example.vn")
    page.fields["account"].setText("lo.thi.hanh")
    page.fields["password"].setText("một mật khẩu")
    return page


def _passphrase() -> QWidget:
    page = EnrolmentPage()
    page.show_passphrase(new=True)
    page.show_field_trouble("passphrase_again", "Hai lần gõ khác nhau")
    return page


def _form() -> QWidget:
    page = _page()
    page.show_form()
    page.show_field_trouble("password", "Tên tài khoản hoặc mật khẩu không đúng.")
    return page


def _own_password() -> QWidget:
    page = _page()
    page.show_new_password()
    return page


def _running() -> QWidget:
    page = _page()
    page.show_progress(Copied(1_429, 2_013, 2_900_000, 34_000, 35))
    return page


def _stopped() -> QWidget:
    page = _page()
    page.show_progress(Copied(1_429, 2_013, 2_900_000, 34_000, 35))
    page.show_stopped("Đường truyền bị ngắt giữa chừng. Phần đã nhận vẫn được giữ.")
    return page


def scenes() -> list[Scene]:
    """Return the scenes of this screen."""
    return [
        Scene("passphrase", _passphrase),
        Scene("enrolment", _form),
        Scene("enrolment-own-password", _own_password),
        Scene("enrolment-progress", _running),
        Scene("enrolment-stopped", _stopped),
    ]
