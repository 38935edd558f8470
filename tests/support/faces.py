"""What each test browser shows and says: a colour of its own and a tone of its own.

One's own echo must never pass for another person, so no two faces share either. The tone is cut
into syllables: noise suppression takes a steady tone for a fan and removes it.
"""

import math
import struct
import wave
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT, RATE = 320, 240, 15
SECONDS = 2
SAMPLE_RATE = 48_000


@dataclass(frozen=True)
class Face:
    """A picture (one colour with a moving bar) and a voice (syllables of one frequency)."""

    rgb: tuple[int, int, int]
    hertz: int

    def files(self, folder: Path) -> tuple[Path, Path]:
        """Write (once) and return the video and the audio file."""
        name = "{:02x}{:02x}{:02x}-{}".format(*self.rgb, self.hertz)
        video, audio = folder / f"{name}.y4m", folder / f"{name}.wav"
        if not video.exists():
            _write_video(video, self.rgb)
            _write_audio(audio, self.hertz)
        return video, audio


RED = Face((200, 40, 40), 500)
GREEN = Face((40, 170, 60), 900)
BLUE = Face((50, 70, 210), 1400)
AMBER = Face((220, 170, 30), 2100)


def _yuv(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """BT.601, limited range: what Chromium takes a y4m file for."""
    r, g, b = rgb
    return (
        round(16 + (65.738 * r + 129.057 * g + 25.064 * b) / 256),
        round(128 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256),
        round(128 + (112.439 * r - 94.154 * g - 18.285 * b) / 256),
    )


def _write_video(path: Path, rgb: tuple[int, int, int]) -> None:
    y, u, v = _yuv(rgb)
    frames = RATE * SECONDS
    chroma = bytes([u]) * (WIDTH * HEIGHT // 4) + bytes([v]) * (WIDTH * HEIGHT // 4)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420mpeg2\n".encode())
        for frame in range(frames):
            edge = WIDTH * frame // frames
            row = bytearray([y]) * WIDTH
            row[edge : edge + 6] = bytes([235]) * len(row[edge : edge + 6])
            # The bar moves along the lowest lines, so that the middle stays the face's own colour.
            out.write(b"FRAME\n" + bytes([y]) * (WIDTH * (HEIGHT - 24)) + bytes(row) * 24 + chroma)


def _write_audio(path: Path, hertz: int) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        for n in range(SAMPLE_RATE * SECONDS):
            second = n / SAMPLE_RATE
            loud = 0.5 * max(0.0, math.sin(2 * math.pi * 3 * second)) ** 0.5
            sample = loud * math.sin(2 * math.pi * hertz * second)
            out.writeframesraw(struct.pack("<h", int(sample * 32_000)))
