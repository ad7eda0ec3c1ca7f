"""Compressed files: which they are, and their bytes unpacked."""

from __future__ import annotations

import bz2
import importlib
import io
import lzma
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from dedupe.errors import ReadError, system_reason

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


COMPRESSIONS = {".gz": "gz", ".bz2": "bz2", ".xz": "xz", ".zst": "zst"}

#: The one packing that only holds rows; its name is the extension too.
PARQUET = "parquet"


#: Bytes that are read, unpacked or packed in one step.
BUFFER_SIZE = 1 << 18

FORMAT_NAMES = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "Zstandard", "parquet": "Parquet"}


#: Compressed bytes read at once. Few, because gzip and Zstandard unpack all of them in
#: one step, and what is packed well grows a thousandfold.
_STEP = 2048


def compression_of(name: str) -> str:
    """Return how a file of this name is packed: "gz", "bz2", "xz", "zst", "parquet" or "".

    >>> compression_of("news.jsonl.GZ"), compression_of("news.parquet"), compression_of("news.jsonl")
    ('gz', 'parquet', '')
    """
    extension = os.path.splitext(name)[1].lower()
    return PARQUET if extension == f".{PARQUET}" else COMPRESSIONS.get(extension, "")


def zstandard_module() -> tuple[Any, bool]:
    """Return a Zstandard library and whether it is the standard one (from Python 3.14); else None."""
    for name, standard in (("compression.zstd", True), ("zstandard", False)):
        try:
            return importlib.import_module(name), standard
        except ImportError:
            continue
    return None, False


class Unpacked(io.RawIOBase):
    """The bytes of *pieces*, which are made of what *stream* holds, as a stream."""

    def __init__(self, stream: BinaryIO, pieces: Iterator[bytes]) -> None:
        self._stream = stream
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def decompressed(stream: BinaryIO, compression: str, place: str) -> Iterator[bytes]:
    """Yield the decompressed bytes of a file of one or more streams of one compression, none of them empty.

    The readers of the standard library take a damaged second stream for trailing
    rubbish and end without a word; here everything in the file must unpack, but
    for NUL padding after gzip and xz streams.

    Raises:
        ReadError: the data is truncated or damaged, or cannot be read; names *place*.
    """
    name = FORMAT_NAMES[compression]
    data = _read(stream, place)
    if not data:
        raise ReadError(place, f"is truncated {name} data (empty)", "fetch the file again")
    while data:
        unpacker = _unpacker(compression, place)
        yield from _unpacked(unpacker, data, stream, name, place)
        data = _behind(unpacker.unused_data, stream, place, padded=compression in ("gz", "xz"))


def _unpacked(unpacker: Any, data: bytes, stream: BinaryIO, name: str, place: str) -> Iterator[bytes]:
    """Yield what one packed stream holds, which begins with *data* and goes on in *stream*."""
    bounded = hasattr(unpacker, "needs_input")
    while not unpacker.eof:
        if not data and (not bounded or unpacker.needs_input):
            data = _read(stream, place)
            if not data:
                raise ReadError(place, f"is truncated {name} data", "fetch the file again")
        try:
            chunk = unpacker.decompress(data, BUFFER_SIZE) if bounded else unpacker.decompress(data)
        except MemoryError:
            raise
        except Exception as error:  # each library has its own: zlib.error, OSError, LZMAError, ZstdError
            raise ReadError(place, f"is damaged {name} data ({error})", "fetch the file again") from error
        data = b""
        if chunk:
            yield chunk


def _behind(data: bytes, stream: BinaryIO, place: str, *, padded: bool) -> bytes:
    """Return what follows a packed stream, of which *data* has been read, without NUL padding; b"" at the end."""
    while True:
        if padded:
            data = data.lstrip(b"\0")
        if data:
            return data
        data = _read(stream, place)
        if not data:
            return data


@contextmanager
def readable(place: str) -> Iterator[None]:
    """Turn what the system says of a file that was opened, and cannot be read, into a ReadError."""
    try:
        yield
    except OSError as error:
        raise ReadError(place, system_reason(error), "read it from another disk, or copy it anew") from error


def _read(stream: BinaryIO, place: str) -> bytes:
    with readable(place):
        return stream.read(_STEP)


def _unpacker(compression: str, place: str) -> Any:
    """Return a decompressor of one stream, with ``decompress``, ``eof`` and ``unused_data``."""
    if compression == "gz":
        return zlib.decompressobj(wbits=31)
    if compression == "bz2":
        return bz2.BZ2Decompressor()
    if compression == "xz":
        return lzma.LZMADecompressor()
    library, standard = zstandard_module()
    if library is None:
        advice = "install corpus-dedupe[zstd], or unpack it"
        raise ReadError(place, "is Zstandard data, and no library for it is installed", advice)
    # dumps made with --long=31 need the largest window
    if standard:
        return library.ZstdDecompressor(options={library.DecompressionParameter.window_log_max: 31})
    return library.ZstdDecompressor(max_window_size=1 << 31).decompressobj()
