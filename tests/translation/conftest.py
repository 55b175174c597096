"""A project with two small guides in Vietnamese and English, whose English counts as translated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.cli import i18n
from tests.kit.shell import make_root, write_words

if TYPE_CHECKING:
    from pathlib import Path

KIND_VI = """\
{# Nguồn: sách dạy pha trà. #}
{% block text %}
Chọn loại trà

{{ You }} thích loại nào?
{% endblock %}
{% block green %}Trà xanh{% endblock %}
{% block words_green %}
chè xanh
trà tươi
{% endblock %}
{% block black %}Trà đen{% endblock %}
"""

KIND_EN = """\
{# Checked by ear. #}

{%  block text  %}
Choose a tea

Which one do you like?
{% endblock text %}

{# Short, please. #}
{% block black %}  Black tea {% endblock %}
{% block green %}Green tea{% endblock %}
{% block words_green %}
the green one
{% endblock %}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """The project, which is also the current folder."""
    root = make_root(tmp_path)
    (root / "content/vi/tea/kind.j2").write_text(KIND_VI, encoding="utf-8")
    (root / "content/en/tea/kind.j2").write_text(KIND_EN, encoding="utf-8")
    write_words(root, "en/tea/ready", {"text": "{{ cups }} cups for {{ guest }}"})
    monkeypatch.chdir(root)
    monkeypatch.setenv("CAM_TAY_ROOT", str(root))
    assert i18n.accept("en") == 0
    capsys.readouterr()
    return root


def tree(root: Path) -> dict[str, bytes]:
    """Every file below content/."""
    content = root / "content"
    return {str(path.relative_to(content)): path.read_bytes() for path in content.rglob("*") if path.is_file()}


def edit(root: Path, file: str, old: str, new: str) -> None:
    """Replace some words in a file, where they stand once."""
    path = root / file
    before = path.read_text(encoding="utf-8")
    assert before.count(old) == 1, (file, old, before)
    path.write_text(before.replace(old, new), encoding="utf-8")
