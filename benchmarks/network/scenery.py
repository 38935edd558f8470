"""What the measured publisher shows and says: somebody who moves before a wall, and a voice without pauses.

The size and rate are what the room asks cameras for (`static/js/media/devices.js`). Half of the picture
moves, with texture, so that every layer uses the bits it may have. The voice never falls silent: with Opus
DTX, silence would look like sound that is missing.
"""

import array
import math
import wave
from pathlib import Path
from typing import Final

WIDTH: Final = 960
HEIGHT: Final = 540
RATE: Final = 24
_SECONDS: Final = 3
_SAMPLE_RATE: Final = 48_000
_FIGURE: Final = 460


def files(folder: Path) -> tuple[Path, Path]:
    """Write (once) and return the video and the audio file."""
    video, audio = folder / "scenery.y4m", folder / "scenery.wav"
    if not video.exists():
        _write_video(video)
        _write_audio(audio)
    return video, audio


def _texture(width: int, height: int, coarse: float, fine: float) -> list[bytes]:
    """Return rows of luma: waves of two sizes across each other."""
    slow = [math.sin(x / 37.0) for x in range(width + height)]
    quick = [math.sin(x / 3.1) for x in range(width + height)]
    return [
        bytes(
            int(126 + coarse * slow[x + y // 2] + fine * quick[(x * 2 + 3 * y) % width]) for x in range(width)
        )
        for y in range(height)
    ]


def _write_video(path: Path) -> None:
    """Write frames in which a textured square goes round in a circle, and comes back where it began."""
    wall = _texture(WIDTH, HEIGHT, 50, 6)
    figure = _texture(_FIGURE, _FIGURE, 60, 25)
    chroma = bytes([118]) * (WIDTH * HEIGHT // 4) + bytes([140]) * (WIDTH * HEIGHT // 4)
    frames = RATE * _SECONDS
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420mpeg2\n".encode())
        for frame in range(frames):
            angle = 2 * math.pi * frame / frames
            left = int((WIDTH - _FIGURE) / 2 * (1 + math.sin(angle)))
            top = int((HEIGHT - _FIGURE) / 2 * (1 + math.cos(angle)))
            rows = wall.copy()
            for y in range(_FIGURE):
                row = wall[top + y]
                rows[top + y] = row[:left] + figure[y] + row[left + _FIGURE :]
            out.write(b"FRAME\n" + b"".join(rows) + chroma)


def _write_audio(path: Path) -> None:
    """Write a voice of three harmonics whose loudness and pitch waver four times a second."""
    samples = array.array("h")
    for n in range(_SAMPLE_RATE * _SECONDS):
        second = n / _SAMPLE_RATE
        waver = math.sin(2 * math.pi * 4 * second)
        phase = 2 * math.pi * 220 * second + 1.5 * waver
        tone = math.sin(phase) + 0.5 * math.sin(2 * phase) + 0.3 * math.sin(3 * phase)
        samples.append(int(9_000 * (0.6 + 0.4 * waver) * tone))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_SAMPLE_RATE)
        out.writeframes(samples.tobytes())
