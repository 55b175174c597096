"""The broken examples: a file or a folder per code, each of which says itself what the checker must find in it.

`broken/<CODE>_<what>.toml` is the flow "example". `broken/<CODE>_<what>/` holds any files of a project. Words that an
example does not bring are written for it, in Vietnamese and English, so that only its own fault is left.

An expectation is a line `# expect LINE:COLUMN: CODE` of the file it is about, in a TOML or Jinja comment, or
`# expect PATH:LINE:COLUMN: CODE` anywhere. `# remove PATH` takes a file out that would be written, `# environment
NAME=VALUE` sets a variable.
"""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

from bot.broadcast.check import check_broadcasts
from bot.config import load
from bot.flow.check import check
from bot.flow.check.words import WORDLESS
from bot.flow.model import Kind
from bot.flow.reader import read_flows
from bot.people.check import check_people

BROKEN = Path(__file__).parent / "broken"
EXAMPLES = sorted(path for path in BROKEN.iterdir() if not path.name.startswith("."))
LANGUAGES = ("vi", "en")
TODAY = date(2026, 11, 23)
BOT_TEXTS = ("home", "buttons.back", "buttons.done")

_EXPECT = re.compile(r"# expect (?:(\S+):)?(\d+):(\d+): ([EW]\d+)")
_REMOVE = re.compile(r"# remove (\S+)")
_ENVIRONMENT = re.compile(r"# environment (\w+)=(\S+)")
_LABELS = {"vi": ("Nút đỏ", "Nút xanh", "Nút vàng", "Nút tím"), "en": ("Red", "Blue", "Yellow", "Violet")}
_BUTTONS = {
    "vi": "{% block back %}Bước trước{% endblock %}\n{% block done %}Xong rồi{% endblock %}\n",
    "en": "{% block back %}Back{% endblock %}\n{% block done %}Done{% endblock %}\n",
}
_ADDRESS = 'default = "a"\n[a]\nlabel = "Bác"\nyou = "bác"\nme = "cháu"\n'


def build(example: Path, root: Path) -> None:
    """Write the example as a project below `root`, with the words it lacks."""
    (root / "flows").mkdir(parents=True, exist_ok=True)
    if example.is_dir():
        shutil.copytree(example, root, dirs_exist_ok=True)
    else:
        shutil.copy(example, root / "flows" / "example.toml")
    complete(root)
    for path in example.rglob("*") if example.is_dir() else [example]:
        for name in _REMOVE.findall(path.read_text("latin-1")) if path.is_file() else ():
            (root / name).unlink()


def complete(root: Path) -> None:
    """Write every template and picture of the flows below `root` that is not there."""
    flows, _ = read_flows(root / "flows")
    for language in LANGUAGES:
        content = root / "content" / language
        _write(content / "_bot" / "home.j2", "{% block text %}{{ You }} chọn đi.{% endblock %}\n")
        _write(content / "_bot" / "buttons.j2", _BUTTONS[language])
        _write(content / "_bot" / "address.toml", _ADDRESS)
        for flow in flows.values():
            for step in flow.steps.values():
                if step.kind not in WORDLESS:
                    labels = zip((*step.go, *step.stuck), _LABELS[language], strict=False)
                    blocks = [("text", f"Bấm đi, {step.name}"), *labels, *([("alt", "Nút.")] if step.picture else [])]
                    blocks += [("right", "Đúng rồi"), ("why", "Ai cũng hay nhầm")] if step.kind is Kind.QUIZ else []
                    _write(content / flow.name / f"{step.name}.j2", _blocks(blocks))
            if not flow.is_piece:
                card = [("title", flow.name), ("goal", "Xong việc."), *([("alarm", "cứu với")] if flow.alarm else [])]
                _write(content / flow.name / "_guide.j2", _blocks(card))


def _blocks(blocks: list[tuple[str, str]]) -> str:
    unique = dict(reversed(blocks))  # an answer that is called as another block is what some example is about
    return "".join(f"{{% block {name} %}}{unique[name]}{{% endblock %}}\n" for name in reversed(unique))


def _write(path: Path, text: str) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def expected(example: Path) -> list[str]:
    """What the example says must be found, as "path:line:column: CODE"."""
    lines = []
    for path in sorted(example.rglob("*")) if example.is_dir() else [example]:
        if path.is_file():
            own = path.relative_to(example).as_posix() if example.is_dir() else "flows/example.toml"
            for other, line, column, code in _EXPECT.findall(path.read_text("latin-1")):
                lines.append(f"{other or own}:{line}:{column}: {code}")
    return sorted(lines)


def found(root: Path) -> list[str]:
    """What the checker finds, in the same form."""
    settings = root / "bot.toml"
    environment = dict(_ENVIRONMENT.findall(settings.read_text("utf-8"))) if settings.exists() else {}
    problems = [*check(root, today=TODAY, bot_texts=BOT_TEXTS), *load(root, environment)[1]]
    problems += [*check_broadcasts(root, today=TODAY), *check_people(root)]
    return sorted(
        f"{_below(problem.path, root)}:{problem.line}:{problem.column}: {problem.code}" for problem in problems
    )


def _below(path: Path, root: Path) -> str:
    """The path as an example says it; the environment is no file."""
    return path.relative_to(root).as_posix() if path.is_absolute() else path.as_posix()
