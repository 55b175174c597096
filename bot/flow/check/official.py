"""Findings about web addresses and phone numbers: only official ones may stand in a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.flow.check.tree import Tree, official

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.flow.check.template import Template
    from bot.problem import Problem

_LINK = re.compile(
    r"(?<![\w@.-])(?:https?://)?(?P<domain>(?:[a-z0-9-]+\.)+(?:vn|com|net|org|info|io|me|ly|app|link|top|xyz|cc|site|online))\b"
    r"|(?:https?://)(?P<other>[^\s/\x00]+)",
    re.IGNORECASE,
)
_DOT = re.compile(r"\.[A-Za-z]{2}|://")
_DIGITS = re.compile(r"\d\d\d|\d[ .-]\d")
_NUMBER = re.compile(
    r"(?<![\d.,/])(?:(?:\+84|0)[235789](?:[ .-]?\d){7,9}|1[89]00(?:[ .-]?\d){4,6})(?!\d)"
    r"|\b(?:gọi|gọi ngay|gọi số|gọi tổng đài|tổng đài|đầu số|nhắn tới|gửi tới|call|dial)\s+(?:số\s+)?"
    r"(?P<short>\d{3,5})\b(?![.,]?\d| ?\d{3})",
    re.IGNORECASE,
)


def links(template: Template, tree: Tree) -> Iterator[Problem]:
    """E040: a web address outside the list of official sites."""
    del tree
    if not _DOT.search(template.source):
        return
    for match in _LINK.finditer(template.visible()):
        domain = (match["domain"] or match["other"]).casefold()
        if not any(domain == site or domain.endswith(f".{site}") for site in official()["sites"]):
            hint = "official sites stand in bot/flow/official_sites.toml, each with its source"
            yield template.problem_at(match.start(), "E040", f"'{domain}' is not on the list of official sites", hint)


def numbers(template: Template, tree: Tree) -> Iterator[Problem]:
    """E041: a phone number outside the list of official hotlines."""
    del tree
    if not _DIGITS.search(template.source):
        return
    for match in _NUMBER.finditer(template.visible()):
        group = "short" if match["short"] else 0
        number = re.sub(r"\D", "", match[group])
        if number not in official()["numbers"]:
            hint = "official hotlines stand in bot/flow/official_sites.toml, each with its source"
            message = f"'{match[group]}' is not on the list of official numbers"
            yield template.problem_at(match.start(group), "E041", message, hint)
