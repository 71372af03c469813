"""Finds the square code in a picture. Neither the picture nor the code is kept."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from yum_desktop.domain.card import CARD_SIZE_MAX
from yum_desktop.domain.errors import InputError

FILE_SIZE_BYTES_MAX: Final = 32 * 1024 * 1024
_SIDE_PX_MAX: Final = 20_000
_WORK_SIDE_PX: Final = 3_000
"""A larger picture is read smaller: the code of a card that fills a tenth of it is still there."""


def read_picture(path: Path) -> str:
    """Return the text of the one code in an image file. Runs beside the screen.

    Raises:
        InputError: `picture.unreadable`, `picture.too_large`, `card.none` or `card.several`.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError("picture.unreadable", f"Không mở được {path.name}: {error.strerror}.") from error
    reader = QImageReader(str(path))
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    sides = reader.size()
    if size > FILE_SIZE_BYTES_MAX or max(sides.width(), sides.height()) > _SIDE_PX_MAX:
        raise InputError("picture.too_large", "Ảnh quá lớn. Chụp lại gần thẻ hơn, hoặc cắt riêng phần có mã.")
    if max(sides.width(), sides.height()) > _WORK_SIDE_PX:
        reader.setScaledSize(sides.scaled(QSize(_WORK_SIDE_PX, _WORK_SIDE_PX), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        raise InputError("picture.unreadable", f"{path.name} không phải ảnh đọc được. Dùng ảnh JPG hoặc PNG.")
    return code_in(image)


def code_in(image: QImage) -> str:
    """Return the text of the one code in a picture.

    Raises:
        InputError: `card.none` or `card.several`.
    """
    found = codes_in(image)
    if not found:
        raise InputError(
            "card.none", "Không thấy mã QR trong ảnh. Chụp thẳng, đủ sáng, mã chiếm ít nhất một phần tư ảnh."
        )
    if len(found) > 1:
        raise InputError("card.several", "Trong ảnh có nhiều mã QR khác nhau. Cắt ảnh chỉ còn một thẻ rồi thử lại.")
    return found[0]


def codes_in(image: QImage) -> list[str]:
    """Return the different texts of the codes in a picture."""
    import zxingcpp  # noqa: PLC0415  # seldom needed, and a start waits for nothing

    if image.isNull():
        return []
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return list(dict.fromkeys(_text(one.bytes, one.text) for one in found if one.valid))


def _text(raw: bytes, guessed: str) -> str:
    """Return the text of a code: cards write UTF-8, which a reader may take for something else."""
    try:
        return raw[: 4 * CARD_SIZE_MAX].decode("utf-8")
    except UnicodeDecodeError:
        return guessed
