"""A program of its own: reads words from standard input and writes them as WAV, spoken by libespeak-ng.

Started as `python -I -S espeak.py LIBRARY DATA VOICE WORDS_A_MINUTE` by bot/voice/provider.py and by nobody else. The
library (GPL-3) is loaded here and never into the bot: docs/decisions/0012-voice.md. Nothing of the bot is imported.
The calls: https://github.com/espeak-ng/espeak-ng/blob/1.52.0/src/include/espeak-ng/speak_lib.h
"""

from __future__ import annotations

import ctypes
import sys
import wave

SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: sound comes by callback, speaking ends when all of it has come
UTF8 = 1  # espeakCHARS_UTF8
FROM_THE_START = 1  # POS_CHARACTER
RATE = 1  # espeakRATE

Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def main(library: str, data: str, voice: str, rate: str) -> int:
    """Speak; the exit code is 1 when the library cannot."""
    espeak = ctypes.CDLL(library)
    sound = bytearray()

    def take(samples: ctypes._Pointer[ctypes.c_short], count: int, events: int | None) -> int:
        del events
        if samples:
            sound.extend(ctypes.string_at(samples, count * 2))
        return 0

    hertz = espeak.espeak_Initialize(SYNCHRONOUS, 0, data.encode(), 0)
    if hertz <= 0 or espeak.espeak_SetVoiceByName(voice.encode()):
        return 1
    callback = Callback(take)  # held until all is spoken: the library keeps no reference
    espeak.espeak_SetSynthCallback(callback)
    espeak.espeak_SetParameter(RATE, int(rate), 0)
    words = sys.stdin.buffer.read()
    size = ctypes.c_size_t(len(words) + 1)
    if espeak.espeak_Synth(words, size, 0, FROM_THE_START, 0, UTF8, None, None):
        return 1
    espeak.espeak_Synchronize()
    with wave.open(sys.stdout.buffer, "wb") as file:
        file.setparams((1, 2, hertz, len(sound) // 2, "NONE", ""))
        file.writeframes(bytes(sound))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
