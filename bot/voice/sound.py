"""WAV to what phones play: OGG with Opus (Telegram's voice notes), MP3 (every browser, also old Safari).

AAC (Zalo's voice notes) is made of the WAV by a program of its own: bot/voice/provider.py.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

OGG, MP3, AAC, WAV = ".ogg", ".mp3", ".aac", ".wav"
ENDINGS = (OGG, MP3)
"""What `bot voice build` makes beforehand."""

OPUS_RATE = 24_000
"""Samples a second; Opus knows 8, 12, 16, 24 and 48 thousand."""

PEAK = 0.9
"""The loudest moment, of 1: as loud as it goes without distortion. Many listeners hear badly."""

_BLOCK = 4096
"""Samples written at once: libsndfile's encoders keep a whole block on the stack."""


class NoSound(Exception):
    """What came is no sound, or silence."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How a file is written. `compression`: libsndfile's, 0 large to 1 small; here 20 to 45 kbit/s."""

    format: str
    subtype: str
    compression: float | None


_FORMS = {
    OGG: _Form("OGG", "OPUS", 0.92),
    MP3: _Form("MP3", "MPEG_LAYER_III", 0.9),
    WAV: _Form("WAV", "PCM_16", None),
}


def encode(wav: bytes, ending: str) -> bytes:
    """The same sound as a file of another kind, mono, at full loudness. Raises NoSound."""
    import numpy as np  # noqa: PLC0415 (with soundfile a sixth of a second, needed only when something is spoken)
    import soundfile  # noqa: PLC0415

    try:
        sound, rate = soundfile.read(io.BytesIO(wav), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise NoSound(str(error)) from None
    mono = sound.mean(axis=1)
    loudest = float(np.abs(mono).max()) if len(mono) else 0.0
    if loudest < 0.001:
        raise NoSound("silence")
    mono = mono * (PEAK / loudest)
    if ending == OGG and rate != OPUS_RATE:
        times = np.arange(int(len(mono) * OPUS_RATE / rate)) * (rate / OPUS_RATE)
        mono, rate = np.interp(times, np.arange(len(mono)), mono), OPUS_RATE
    form = _FORMS[ending]
    written = io.BytesIO()
    with soundfile.SoundFile(
        written, "w", rate, 1, form.subtype, format=form.format, compression_level=form.compression
    ) as file:
        for at in range(0, len(mono), _BLOCK):
            file.write(mono[at : at + _BLOCK].astype("float32"))
    return written.getvalue()


def seconds(file: bytes) -> float:
    """How long a sound file plays. Raises NoSound."""
    import soundfile  # noqa: PLC0415

    try:
        return float(soundfile.info(io.BytesIO(file)).duration)
    except soundfile.LibsndfileError as error:
        raise NoSound(str(error)) from None
