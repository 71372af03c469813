"""The webcam as a reader of codes. Qt's part for cameras is an extra: without it the window says so."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from yum_desktop.ui.card.pictures import codes_in

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QVideoFrame

_EVERY: Final = 3
"""Of so many pictures one is looked at: a card is held still for longer."""


class Webcam(QObject):
    """Looks until it sees a code.

    Signals:
        seen: The text of a code.
    """

    seen = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._camera: QObject | None = None
        self._parts: tuple[QObject, ...] = ()
        self._looking = False
        self._count = 0

    def start(self) -> str:
        """Begin to look; return why that cannot be, or an empty text."""
        try:
            from PySide6.QtMultimedia import (  # noqa: PLC0415  # an extra of the installation
                QCamera,
                QMediaCaptureSession,
                QMediaDevices,
                QVideoSink,
            )
        except ImportError:
            return self.tr("Bản cài này không có phần webcam. Dùng máy quét, hoặc chụp ảnh rồi chọn tệp.")
        device = QMediaDevices.defaultVideoInput()
        if device.isNull():
            return self.tr("Không thấy webcam nào. Cắm webcam rồi bấm lại, hoặc chụp ảnh rồi chọn tệp.")
        camera, sink, session = QCamera(device, self), QVideoSink(self), QMediaCaptureSession(self)
        session.setCamera(camera)
        session.setVideoSink(sink)
        sink.videoFrameChanged.connect(self._frame)
        self._camera, self._parts = camera, (sink, session)
        self._looking = True
        camera.start()
        return ""

    def stop(self) -> None:
        """Let the camera go."""
        self._looking = False
        for part in (self._camera, *self._parts):
            if part is not None:
                part.deleteLater()
        self._camera, self._parts = None, ()

    def _frame(self, frame: "QVideoFrame") -> None:
        self._count += 1
        if self._looking and self._count % _EVERY == 0:
            self.look(frame.toImage())

    def look(self, image: QImage) -> None:
        """Look at one picture: a single code ends the looking."""
        found = codes_in(image)
        if len(found) == 1:
            self._looking = False
            self.seen.emit(found[0])
