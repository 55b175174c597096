"""Write many flows with their words, and say how long the checker needs: python -m tests.flow.make_many [folder]."""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from bot.flow.check import check

FLOWS = 300
STEPS = 30
LANGUAGES = ("vi", "en")

TEXT = """{% block text %}
Mở ứng dụng và bấm vào nút màu đỏ ở giữa

{{ You }} thấy nút ấy ở cuối màn hình. Chưa thấy thì {{ you }} kéo màn hình lên.
{% endblock %}
"""
STUCK = """{% block no_button %}Không thấy nút nào{% endblock %}
{% block words_no_button %}
không thấy nút
chẳng có nút
{% endblock %}
{% block helper %}
Để bà con tự bấm, không bấm hộ.
{% endblock %}
"""
LABELS = """{% block begin %}Bắt đầu luôn{% endblock %}
{% block words_begin %}
làm luôn
bắt đầu
{% endblock %}
{% block later %}Để hôm khác{% endblock %}
"""


def write(root: Path, flows: int = FLOWS, steps: int = STEPS) -> None:
    """A tree of faultless flows below `root`."""
    (root / "flows").mkdir(parents=True)
    for number in range(flows):
        name = f"guide-{number}"
        lines = [
            'start = "first"',
            "review_by = 2099-01-01",
            "[[source]]",
            'url = "https://vneid.gov.vn"',
            "checked = 2026-11-23",
            "[steps.first]",
            'ask = "choice"',
            'save = "wish"',
            "[steps.first.go]",
            'begin = "step_1"',
            'later = "later"',
        ]
        for index in range(1, steps - 2):
            lines += [f"[steps.step_{index}]", "do = true"]
            if index % 5:
                lines += [f'next = "step_{index + 1}"']
            else:
                lines += [f"[[steps.step_{index}.branch]]", "when = 'wish == \"later\"'", 'to = "later"']
                lines += [f"[[steps.step_{index}.branch]]", f'to = "step_{index + 1}"']
            lines += [f"[steps.step_{index}.stuck]", 'no_button = "first"', f"[steps.step_{index}.silence]"]
            lines += ['after = "2 days"']
        lines += [f"[steps.step_{steps - 2}]", 'end = "done"', "[steps.later]", 'end = "later"']
        (root / "flows" / f"{name}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for language in LANGUAGES:
            folder = root / "content" / language / name
            folder.mkdir(parents=True)
            title = f"{{% block title %}}Việc {number}{{% endblock %}}{{% block goal %}}Xong việc.{{% endblock %}}"
            (folder / "_guide.j2").write_text(title, encoding="utf-8")
            (folder / "first.j2").write_text(TEXT + LABELS, encoding="utf-8")
            (folder / "later.j2").write_text(TEXT, encoding="utf-8")
            for index in range(1, steps - 1):
                words = TEXT + STUCK if index < steps - 2 else TEXT
                (folder / f"step_{index}.j2").write_text(words, encoding="utf-8")


def main() -> None:
    """Write, check, report."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder)
        if not (root / "flows").exists():
            write(root)
        begun = time.perf_counter()
        gc.disable()  # as `bot check` does
        problems = check(root, today=date(2026, 11, 23))
        seconds = time.perf_counter() - begun
        sys.stdout.write(f"{FLOWS} flows of {STEPS} steps in {len(LANGUAGES)} languages: {seconds:.2f} s\n")
        sys.stdout.writelines(f"{problem}\n" for problem in problems[:10])


if __name__ == "__main__":
    main()
