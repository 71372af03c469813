"""The pipe floor: what any transfer of the records must at least do, all of it overlapped in one process.

Read from SQLite, rows as JSON arrays, zstd 3, loopback, unpack, insert into an indexed table of another file.

    python -m benchmarks.pipe_floor SOURCE TARGET
"""

import socket
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec
import zstandard

from benchmarks.children import tell
from benchmarks.floor_tables import CREATE, INSERT, SELECT

LEVEL: Final = 3
ROWS: Final = 1_000
_READ_SIZE_BYTES: Final = 256 * 1024


def _send(source: Path, listener: socket.socket) -> None:
    """Send the rows of `source` to whoever connects."""
    conn = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
    packer = zstandard.ZstdCompressor(level=LEVEL).compressobj()
    encoder = msgspec.json.Encoder()
    peer, _ = listener.accept()
    with peer:
        cursor = conn.execute(SELECT)
        while rows := list(islice(cursor, ROWS)):
            peer.sendall(packer.compress(encoder.encode(rows) + b"\n"))
        peer.sendall(packer.flush())
    conn.close()


def _lines(peer: socket.socket, sizes: list[int]) -> Iterator[bytes]:
    """Give the unpacked lines that arrive, and note the size of every piece."""
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    waiting = b""
    while piece := peer.recv(_READ_SIZE_BYTES):
        sizes.append(len(piece))
        *whole, waiting = (waiting + unpacker.decompress(piece)).split(b"\n")
        yield from whole


def transfer(source: Path, target: Path) -> tuple[float, int, int]:
    """Transfer the records once; return seconds, bytes on the wire and the number of rows."""
    sizes: list[int] = []
    decoder: msgspec.json.Decoder[list[list[Any]]] = msgspec.json.Decoder(list[list[Any]])
    started = time.perf_counter()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sender = threading.Thread(target=_send, args=(source, listener))
        sender.start()
        conn = apsw.Connection(str(target))
        conn.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")
        for statement in CREATE:
            conn.execute(statement)
        with socket.create_connection(listener.getsockname()) as peer, conn:
            for line in _lines(peer, sizes):
                conn.executemany(INSERT, decoder.decode(line))
        sender.join()
    took = time.perf_counter() - started
    rows = int(next(conn.execute("SELECT count(*) FROM members"))[0])
    conn.close()
    return took, sum(sizes), rows


def main(source: Path, target: Path) -> None:
    """Transfer once and say what it cost."""
    cpu_before = time.process_time()
    took, size, rows = transfer(source, target)
    tell(s=took, cpu_s=time.process_time() - cpu_before, bytes=size, rows=rows, file_bytes=target.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
