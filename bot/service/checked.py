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


def is_known(root: Path) -> bool:
    """Whether nothing has changed since `remember`."""
    with contextlib.suppress(OSError):
        return _file(root).read_text(encoding="ascii") == _mark(root)
    return False


def remember(root: Path) -> None:
    """These files are without errors. A disk that cannot be written makes the next start slower, not wrong."""
    with contextlib.suppress(OSError):
        _file(root).parent.mkdir(parents=True, exist_ok=True)
        _file(root).write_text(_mark(root), encoding="ascii")


def _file(root: Path) -> Path:
    return root / "data" / "checked"


def _mark(root: Path) -> str:
    """Changes with the name, time or size of any file of the guides, or of our own code."""
    mark = blake2b(digest_size=16)
    for folder in (root / "flows", root / "content", CODE):
        for line in sorted(_lines(folder)):
            mark.update(line.encode("utf-8", "surrogateescape"))
    return mark.hexdigest()


def _lines(folder: Path | str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _lines(entry.path)
            else:
                stat = entry.stat()
                yield f"{entry.path}|{stat.st_mtime_ns}|{stat.st_size}\n"
