"""Draft voices: real sound of the right words, in files that every phone plays, made once."""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.voice.drafts import Drafts
from bot.voice.provider import ACCENTS, NotSpoken, Program, find_encoder, find_provider
from bot.voice.sound import AAC, ENDINGS, MP3, OGG, NoSound, encode, seconds

PIPER, FFMPEG = (Path(__file__).parents[1] / "kit" / name for name in ("piper.py", "ffmpeg.py"))
SHORT = "Đun nước."
LONG = "Đun nước. Đợi sôi rồi tắt bếp. Nút thứ nhất: Xong rồi. Nút thứ hai: Chưa được. Nút thứ ba: Bạn bị vướng."
SYLLABLES = 25
"""Of LONG."""


def loudness(file: bytes) -> np.ndarray:
    """The mean strength of every tenth of a second."""
    sound, rate = soundfile.read(io.BytesIO(file), dtype="float32")
    size = rate // 10
    return np.array([np.abs(sound[at : at + size]).mean() for at in range(0, len(sound), size)])


@pytest.fixture
def drafts(tmp_path):
    """Spoken by espeak-ng, kept in a folder that is not there yet."""
    return Drafts(find_provider, tmp_path / "data" / "voice")


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_draft_is_sound_of_plausible_length(drafts, ending):
    """A Vietnamese syllable takes a sixth to half a second; there is voice all through, and rests between sentences."""
    file = (await drafts.make("vi", LONG, ending)).read_bytes()
    assert SYLLABLES / 6 < seconds(file) < SYLLABLES / 2
    strength = loudness(file)
    assert strength.max() > 0.1
    assert 0.5 < (strength > 0.01).mean() < 1
    assert 0.5 < np.abs(soundfile.read(io.BytesIO(file))[0]).max() <= 1.0
    assert len(file) < 1_000_000  # Telegram shows larger ones as files


async def test_each_channel_gets_its_kind_of_file(drafts):
    """Telegram: OGG with Opus. Browsers: MP3."""
    ogg = (await drafts.make("vi", SHORT, OGG)).read_bytes()
    assert soundfile.info(io.BytesIO(ogg)).subtype == "OPUS"
    assert not (await drafts.make("vi", SHORT, OGG)).with_suffix(MP3).exists()
    mp3 = (await drafts.make("vi", SHORT, MP3)).read_bytes()
    assert soundfile.info(io.BytesIO(mp3)).format == "MP3"
    assert seconds(ogg) == pytest.approx(seconds(mp3), abs=0.1)


def adts(file):
    """How long a file of AAC plays in seconds, by its frames: 24 kHz, mono, one after the other to the end."""
    frames = 0
    while file:
        assert (file[0], file[1] & 0xF6, file[2] >> 2 & 15, file[3] >> 6 | (file[2] & 1) << 2) == (0xFF, 0xF0, 6, 1)
        file = file[(file[3] & 3) << 11 | file[4] << 3 | file[5] >> 5 :]
        frames += 1
    return frames * 1024 / 24_000


@pytest.fixture(params=["av", "ffmpeg"])
def encoder(request, tmp_path, monkeypatch):
    """Who makes AAC: the package; the program, where the package is not there."""
    if request.param == "ffmpeg":
        (tmp_path / "bin").mkdir()
        shutil.copy(FFMPEG, tmp_path / "bin" / "ffmpeg")
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
        monkeypatch.setattr(sys, "path", [])  # the package is not there
    found = find_encoder()
    monkeypatch.undo()
    assert found.name.startswith(request.param)
    return found


async def test_zalo_gets_aac(encoder, tmp_path):
    """A draft, and what somebody recorded, each once."""
    asked = []
    drafts = Drafts(find_provider, tmp_path / "kept", tmp_path, lambda: asked.append(1) or encoder)
    file = await drafts.make("vi", LONG, AAC)
    assert file.suffix == AAC
    assert SYLLABLES / 6 < adts(file.read_bytes()) < SYLLABLES / 2
    recorded = (await drafts.make("vi", LONG, OGG)).rename(tmp_path / "recorded.ogg")
    keys = [await drafts.copy("recorded.ogg", AAC) for _ in range(2)]
    copied = drafts.file(keys[0], AAC).read_bytes()
    assert adts(copied) == pytest.approx(seconds(recorded.read_bytes()), abs=0.2)
    assert (keys[0], len(asked)) == (keys[1], 2)


async def test_what_cannot_be_made_aac_is_not_spoken(drafts, tmp_path):
    """Nobody makes it, no such recording, one that is none: a reason, and no half file."""
    (tmp_path / "none.ogg").write_bytes(b"OggS")
    for encoder, name in ((None, "none.ogg"), (drafts._encoder(), "gone.ogg"), (drafts._encoder(), "none.ogg")):
        made = Drafts(find_provider, tmp_path / "kept", tmp_path, lambda found=encoder: found)
        with pytest.raises(NotSpoken):
            await made.copy(name, AAC)
    with pytest.raises(NotSpoken, match="nobody makes AAC"):
        await Drafts(find_provider, tmp_path / "kept", encoder=lambda: None).make("vi", SHORT, AAC)
    assert list(tmp_path.glob("kept/*")) == []


async def test_other_words_sound_otherwise(drafts):
    """More words take longer; each language has a voice of its own."""
    short, long = [await drafts.make("vi", words, OGG) for words in (SHORT, LONG)]
    assert seconds(long.read_bytes()) > 3 * seconds(short.read_bytes())
    assert (await drafts.make("en", SHORT, OGG)).read_bytes() != short.read_bytes()


async def test_a_draft_is_made_once(tmp_path):
    """However many ask at the same time, and at the next start."""
    spoken = []

    class Counting:
        name = "counting"

        async def speak(self, words):
            spoken.append(words)
            return await find_provider("vi").speak(words)

    drafts = Drafts(lambda _: Counting(), tmp_path)
    await drafts.make("vi", SHORT, *ENDINGS)
    await asyncio.gather(*(drafts.make("vi", SHORT, OGG) for _ in range(5)))
    assert drafts.is_made(drafts.key("vi", SHORT))
    await Drafts(lambda _: Counting(), tmp_path).make("vi", SHORT, MP3)
    assert spoken == [SHORT]
    assert {file.suffix for file in tmp_path.iterdir()} == set(ENDINGS)


async def test_words_and_voice_name_the_file(drafts, tmp_path):
    """Another word, another accent, another file; the name tells nothing of the words."""
    keys = {drafts.key("vi", words) for words in (SHORT, LONG)}
    for accent in ACCENTS:
        keys.add(Drafts(partial(find_provider, accent=accent), tmp_path).key("vi", SHORT))
    assert len(keys) == 4
    assert all(len(key) == 64 for key in keys)


async def test_accents_sound_otherwise():
    """North, centre and south are three voices."""
    sounds = {await find_provider("vi", accent=accent).speak("Hỏi hay ngã, rồi giữ gìn.") for accent in ACCENTS}
    assert len(sounds) == 3


async def test_a_language_that_nobody_speaks(drafts):
    """Or that is switched off: said at once, nothing is written."""
    assert find_provider("xx") is None
    assert find_provider("vi", provider="none") is None
    with pytest.raises(NotSpoken):
        await drafts.make("xx", SHORT, OGG)
    assert drafts.key("xx", SHORT) == ""


@pytest.mark.parametrize(
    "command",
    [("/nonexistent",), (sys.executable, "-c", "raise SystemExit(3)"), (sys.executable, "-c", "print('no sound')")],
    ids=["not there", "fails", "babbles"],
)
async def test_a_program_that_does_not_speak_leaves_nothing(tmp_path, command):
    """No half file, and the reason names no word."""
    drafts = Drafts(lambda _: Program("mute", command), tmp_path / "voice")
    with pytest.raises(NotSpoken) as failed:
        await drafts.make("vi", "tiếng lóng bí mật", OGG)
    assert "bí mật" not in str(failed.value)
    assert list((tmp_path / "voice").glob("*")) == []


async def test_a_full_disk_is_not_spoken(tmp_path):
    """A folder that cannot be made is a reason, no crash."""
    (tmp_path / "file").write_text("")
    with pytest.raises(NotSpoken):
        await Drafts(find_provider, tmp_path / "file" / "voice").make("vi", SHORT, OGG)


def test_silence_is_no_voice():
    """A program that gives an empty or silent WAV has not spoken."""
    for samples in (0, 22_050):
        wav = io.BytesIO()
        soundfile.write(wav, np.zeros(samples, "int16"), 22_050, format="WAV")
        with pytest.raises(NoSound):
            encode(wav.getvalue(), OGG)
    with pytest.raises(NoSound):
        seconds(b"OggS nothing")


async def test_piper_speaks_the_languages_that_have_a_model(tmp_path, monkeypatch):
    """espeak-ng the others; a changed model is another voice; a broken one is not spoken."""
    shutil.copy(PIPER, tmp_path / "piper")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    model = tmp_path / "vi.onnx"
    model.write_text("one")
    find = partial(find_provider, provider="piper", models=tmp_path)
    assert find("vi").name.startswith("piper")
    assert find("en").name.startswith("espeak-ng")
    drafts = Drafts(find, tmp_path / "voice")
    first = await drafts.make("vi", SHORT, OGG)
    assert seconds(first.read_bytes()) == pytest.approx(len(SHORT) * 0.06 * 1.15, abs=0.1)
    model.write_text("broken")
    assert drafts.key("vi", SHORT) != first.stem
    with pytest.raises(NotSpoken):
        await drafts.make("vi", SHORT, OGG)


def test_a_start_does_not_pay_for_it():
    """Numpy and soundfile are loaded by the first draft, and libespeak-ng never by us."""
    code = "import sys, bot.app; print([m for m in ('numpy', 'soundfile', 'espeakng_loader') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
