"""Compressed files: which they are, and their bytes unpacked."""

from __future__ import annotations

import bz2
import importlib
import io
import lzma
import os
import zlib
from collections.abc import Iterator
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
    """The decompressed bytes of a file of one or more streams of one compression.

    The readers of the standard library take a damaged second stream for trailing
    rubbish and end without a word; here everything in the file must unpack, but
    for NUL padding after gzip and xz streams.
    """

    def __init__(self, stream: BinaryIO, compression: str, place: str) -> None:
        self._stream = stream
        self._compression = compression
        self._place = place
        self._chunks = self._unpack()
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
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def _unpack(self) -> Iterator[bytes]:
        name = FORMAT_NAMES[self._compression]
        padded = self._compression in ("gz", "xz")
        data = self._read()
        if not data:
            raise ReadError(self._place, f"is truncated {name} data (empty)", "fetch the file again")
        while data:
            unpacker = _unpacker(self._compression, self._place)
            bounded = hasattr(unpacker, "needs_input")
            while not unpacker.eof:
                if not data and (not bounded or unpacker.needs_input):
                    data = self._read()
                    if not data:
                        raise ReadError(self._place, f"is truncated {name} data", "fetch the file again")
                try:
                    chunk = unpacker.decompress(data, BUFFER_SIZE) if bounded else unpacker.decompress(data)
                except MemoryError:
                    raise
                except Exception as error:  # each library has its own: zlib.error, OSError, LZMAError, ZstdError
                    problem = f"is damaged {name} data ({error})"
                    raise ReadError(self._place, problem, "fetch the file again") from error
                data = b""
                if chunk:
                    yield chunk
            data = unpacker.unused_data
            while True:
                if padded:
                    data = data.lstrip(b"\0")
                if data:
                    break
                data = self._read()
                if not data:
                    return

    def _read(self) -> bytes:
        try:
            return self._stream.read(_STEP)
        except OSError as error:
            raise ReadError(self._place, system_reason(error), "read it from another disk, or copy it anew") from error


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
