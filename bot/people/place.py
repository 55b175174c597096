"""Where people live: a province and its communes. A place is known by its key, "thanh-hoa" or "thanh-hoa/ngoc-lac"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A province or a commune. `was` holds what it was made of: districts of before, and the communes in each."""

    key: str
    name: str
    kind: str  # "tỉnh", "thành phố"; "xã", "phường", "đặc khu"
    code: str  # the National Statistics Office's
    was: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def title(self) -> str:
        """As it is said: "xã Kiên Thọ"."""
        return f"{self.kind} {self.name}"

    @property
    def province(self) -> str:
        """The key of its province; of a province its own."""
        return province_of(self.key)

    @property
    def is_province(self) -> bool:
        """Whether it is no commune."""
        return self.province == self.key


def province_of(key: str) -> str:
    """The key of the province a place lies in; of a province its own."""
    return key.partition("/")[0]


def is_under(place: str, outer: str) -> bool:
    """Whether a place is `outer` or lies in it. What is not known ("") lies nowhere, and nothing lies in it."""
    return outer != "" and (place == outer or place.startswith(f"{outer}/"))
