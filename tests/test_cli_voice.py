"""`bot voice`: what is told of voices, and drafts made beforehand."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.kit.process import called
from tests.kit.shell import make_root, write_words


@pytest.fixture
def root(tmp_path):
    """A small house of one guide (three steps, and the home screen) in one language."""
    root = make_root(tmp_path / "house")
    shutil.rmtree(root / "content" / "en")
    (root / "flows" / "tea.toml").unlink()
    shutil.rmtree(root / "content" / "vi" / "tea")
    return root


def counted(root) -> dict[str, dict[str, int]]:
    """By guide, what `bot voice status` counts; only what there is."""
    done = called(root, "voice", "status", "--json")
    rows = json.loads(done.stdout)
    return {row["guide"]: {k: v for k, v in row.items() if isinstance(v, int) and v} for row in rows}


def record(root, words: str = "") -> None:
    """Somebody has recorded the first step."""
    flow = root / "flows" / "rice.toml"
    text = flow.read_text(encoding="utf-8").replace("[steps.wash]\n", '[steps.wash]\nvoice = "wash.ogg"\n')
    flow.write_text(text, encoding="utf-8")
    folder = root / "content" / "media" / "voice" / "vi"
    folder.mkdir(parents=True)
    (folder / "wash.ogg").write_bytes(b"OggS")
    if words:
        (folder / "wash.txt").write_text(words, encoding="utf-8")


def test_build_makes_what_is_missing_and_goes_on_where_it_was(root):
    """A second time there is nothing to do; a lost file is made again; an edited step is stale until then."""
    assert counted(root) == {"home": {"missing": 1}, "rice": {"missing": 3}}
    done = called(root, "voice", "build", "rice")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 drafts made, 0 were there")
    assert counted(root) == {"home": {"missing": 1}, "rice": {"draft": 3}}
    next((root / "data" / "voice").glob("*.mp3")).unlink()
    assert called(root, "voice", "build").stdout.startswith("2 drafts made, 2 were there")
    write_words(root, "vi/rice/cook", {"text": "Bật nút nồi cơm"})
    assert counted(root)["rice"] == {"draft": 2, "stale": 1}
    assert called(root, "voice", "build").stdout.startswith("1 drafts made, 3 were there")
    assert counted(root) == {"home": {"draft": 1}, "rice": {"draft": 3}}


def test_status_says_who_speaks(root):
    """A line for the language, a line for each guide."""
    done = called(root, "voice", "status")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("vi: espeak-ng")
    assert lines[1:] == ["  home: 1 missing", "  rice: 3 missing"]


def test_a_recording_whose_step_was_edited_is_told(root):
    """Build writes down which words it was recorded with; later words are others."""
    record(root)
    assert counted(root)["rice"] == {"recorded": 1, "missing": 2}
    assert called(root, "voice", "build").stdout.startswith("3 drafts made")
    assert (root / "content" / "media" / "voice" / "vi" / "wash.txt").read_text(encoding="utf-8").startswith("Vo gạo.")
    assert counted(root)["rice"] == {"recorded": 1, "draft": 2}
    write_words(root, "vi/rice/wash", {"text": "Vo gạo hai lần"})
    done = called(root, "voice", "status")
    assert done.returncode == 1
    assert "content/media/voice/vi/wash.ogg says other words than 'wash' of rice now." in done.stderr
    assert "1 old recording" in done.stdout


def test_nobody_speaks(root):
    """Switched off: status says so, build cannot."""
    (root / "bot.toml").write_text('[voice]\nprovider = "none"\n')
    assert called(root, "voice", "status").stdout.startswith("vi: nobody speaks it\n")
    done = called(root, "voice", "build")
    assert (done.returncode, done.stderr) == (3, "Nobody can speak: see the setting 'voice.provider'.\n")


def test_a_guide_that_is_not_there(root):
    """The nearest one is named."""
    done = called(root, "voice", "build", "ricee")
    assert (done.returncode, done.stderr) == (2, "There is no guide 'ricee'. did you mean 'rice'?\n")


def test_a_step_that_depends_on_an_answer_is_spoken_when_asked(root):
    """It has no words before somebody has answered."""
    flow = root / "flows" / "rice.toml"
    text = flow.read_text(encoding="utf-8").replace(
        "[steps.wash]\ndo = true", '[steps.wash]\nask = "number"\nsave = "n"'
    )
    flow.write_text(text, encoding="utf-8")
    write_words(root, "vi/rice/ready", {"text": "Đủ {{ n }} bát"})
    assert counted(root)["rice"] == {"missing": 2, "when asked": 1}
    assert called(root, "voice", "build").returncode == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "✓ voice: vi: espeak-ng"),
        ('provider = "none"', "· voice: off: only recorded voices"),
        ('provider = "piper"', "✗ voice: the program 'piper' is not there"),
    ],
)
def test_the_doctor_looks_at_the_voice(root, settings, said):
    """Who reads aloud, and what is missing for it."""
    (root / "bot.toml").write_text(f"[voice]\n{settings}\n")
    assert said in called(root, "doctor", PATH="/usr/bin:/bin").stdout
