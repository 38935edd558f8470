"""The browser side's tests that need no browser: `node --test`, one per file."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.js")), ids=lambda file: file.name)
def test_javascript(file: Path) -> None:
    ended = subprocess.run(["node", "--test", str(file)], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout[-6000:]
    assert "# fail 0" in ended.stdout or "ℹ fail 0" in ended.stdout
    assert "# tests 0" not in ended.stdout
