"""A file without a name, whose bytes only this process can read: memory, made longer.

What is put into it is encrypted with a key that is made here and written nowhere. The
file has no name from its first moment on where the system can do that (Linux), else
from its second: it goes with the process, however that ends.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# Joins of other destinations spill into the same folder, and come later.
_PART_OF_FREE = 4
# As AES-GCM wants it: never twice with one key. The place in the file is that.
_NONCE_BYTES = 12
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where something lies in a sealed file."""

    start: int
    size: int


@dataclass(slots=True)
class SealedFile:
    """Takes bytes as long as there is room, and gives them back as they were."""

    bytes_max: int
    _file: IO[bytes] | None = field(default=None, repr=False)
    _cipher: AESGCM | None = field(default=None, repr=False)
    _end: int = 0

    def __enter__(self) -> Self:
        """Make no file yet: most runs need none."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Forget the key and let go of the file."""
        if self._file:
            self._file.close()
        self._file = self._cipher = None

    def put(self, content: bytes) -> Place | None:
        """Write it down, encrypted; None where there is no room, or no disk."""
        size = len(content) + _TAG_BYTES
        if self._end + size > self.bytes_max:
            return None
        try:
            file, cipher = self._opened()
            if self._end + size > self.bytes_max:
                return None
            sealed = cipher.encrypt(_nonce(self._end), content, None)
            _write(file, sealed, self._end)
        except OSError:
            self.bytes_max = 0  # a disk that refused once is not asked again
            return None
        place = Place(self._end, size)
        self._end += size
        return place

    def get(self, place: Place) -> bytes | None:
        """Read it again; None where the disk gives back something else, or nothing."""
        if self._file is None or self._cipher is None:
            return None
        try:
            sealed = os.pread(self._file.fileno(), place.size, place.start)
            return self._cipher.decrypt(_nonce(place.start), sealed, None)
        except (OSError, InvalidTag):
            return None

    def _opened(self) -> tuple[IO[bytes], AESGCM]:
        if self._file is None or self._cipher is None:
            free = shutil.disk_usage(tempfile.gettempdir()).free
            self.bytes_max = min(self.bytes_max, free // _PART_OF_FREE)
            self._cipher = AESGCM(AESGCM.generate_key(256))
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - __exit__
        return self._file, self._cipher


def _nonce(start: int) -> bytes:
    return start.to_bytes(_NONCE_BYTES, "big")


def _write(file: IO[bytes], content: bytes, start: int) -> None:
    """Write all of it: a full disk may take a part."""
    left = memoryview(content)
    while left:
        written = os.pwrite(file.fileno(), left, start)
        left, start = left[written:], start + written
