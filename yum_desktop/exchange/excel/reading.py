"""The process that opens the files of strangers: it asks once, answers once and ends.

It runs under `limits`, holds no key, no record and no connection, and may swell or be taken down by a file without
harm to the program.
"""

import gc
import os
import sys
from pathlib import Path
from typing import BinaryIO, NoReturn

from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.excel import wire
from yum_desktop.exchange.excel.guard import DAMAGED, too_large
from yum_desktop.exchange.excel.layout import has_header
from yum_desktop.exchange.excel.limits import limit_this_process
from yum_desktop.exchange.excel.read import read_book

_DAMAGED = wire.Refused("file.damaged", DAMAGED)
FLAG = "--read-list"
"""The first argument that makes a packaged program this process."""


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer what is asked on `source`."""
    asked = wire.hear_asked(source)
    limit_this_process(asked.limits)
    try:
        book = read_book(Path(asked.path), asked.sheet, likes=has_header, careful=asked.careful)
        wire.send(
            sink,
            wire.Head(
                book.sheet, book.sheets, book.merged, book.conversions, epoch_1904=book.epoch_1904, rows=len(book.rows)
            ),
        )
        wire.send_rows(sink, book.rows)
    except InputError as error:
        wire.send(sink, wire.Refused(error.code, error.text))
    except MemoryError:
        wire.send(sink, wire.Refused(too_large().code, too_large().text))
    except BaseException as error:  # noqa: BLE001  # a panic of the library is no Exception, and the process ends here
        swollen = "capacity overflow" in str(error)  # what the library says of more memory than there can be
        wire.send(sink, wire.Refused("file.too_large", too_large().text) if swollen else _DAMAGED)


def run() -> NoReturn:
    """Serve standard input and output, and end at once: nothing of what was read is worth taking apart."""
    gc.disable()
    serve(sys.stdin.buffer, sys.stdout.buffer)
    os._exit(0)


if __name__ == "__main__":
    run()
