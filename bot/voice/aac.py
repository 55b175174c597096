"""A program of its own: reads a WAV from standard input and writes it as AAC (ADTS), made by the package av.

Started as `python -I -S aac.py FOLDER` by bot/voice/provider.py and by nobody else; FOLDER is where the package lies.
Its wheel brings parts under GPL (x264, x265), so it is loaded here and never into the bot:
docs/decisions/0012-voice.md. Nothing of the bot is imported.
"""

from __future__ import annotations

import io
import sys

RATE = 24_000
"""Samples a second."""

BITS = 32_000
"""Bits a second: speech."""


def main(folder: str) -> int:
    """Write the sound; the exit code is 1 when it is none."""
    sys.path.append(folder)
    import av  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 (lies in the folder)

    written = io.BytesIO()
    try:
        with (
            av.open(io.BytesIO(sys.stdin.buffer.read()), "r") as given,
            av.open(written, "w", format="adts") as file,
        ):
            stream = file.add_stream("aac", rate=RATE, layout="mono")
            stream.bit_rate = BITS
            for frame in given.decode(audio=0):
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
    except av.FFmpegError:
        return 1
    sys.stdout.buffer.write(written.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
