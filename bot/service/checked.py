"""Whether these very files have been found without errors before: then a start need not check them once more.

Checking 27 guides takes two seconds, looking at the dates of their files a hundredth of one.
"""

from __future__ import annotations

import contextlib
import os
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = Path(__file__).parent.parent
"""The package: a newer checker may find more."""


def mark_of(root: Path) -> str:
    """Changes with the name, time or size of any file of the guides, or of our own code; "" if they cannot be read."""
    mark = blake2b(digest_size=16)
    try:
        for folder in (root / "flows", root / "content", CODE):
            for line in sorted(_lines(folder)):
                mark.update(line.encode("utf-8", "surrogateescape"))
    except OSError:
        return ""
    return mark.hexdigest()


def is_known(root: Path, mark: str) -> bool:
    """Whether files of this mark have been found without errors."""
    with contextlib.suppress(OSError):
        return bool(mark) and _file(root).read_text(encoding="ascii") == mark
    return False


def remember(root: Path, mark: str) -> None:
    """Files of this mark, taken before they were read, are without errors.

    A disk that cannot be written makes the next start slower, not wrong.
    """
    with contextlib.suppress(OSError):
        _file(root).parent.mkdir(parents=True, exist_ok=True)
        _file(root).write_text(mark, encoding="ascii")


def _file(root: Path) -> Path:
    return root / "data" / "checked"


def _lines(folder: Path | str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _lines(entry.path)
            else:
                stat = entry.stat()
                yield f"{entry.path}|{stat.st_mtime_ns}|{stat.st_size}\n"
