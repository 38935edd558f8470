"""The C fan-out under AddressSanitizer and UndefinedBehaviorSanitizer, with random calls from two threads."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from lti_room.media.sfu import forwarding

SECONDS = 20
SOURCE = Path(forwarding.__file__).with_name("_fan.c")
TORMENT = Path(__file__).with_name("torment.py")
ROOT = Path(__file__).parents[3]
SANITIZE = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
    "-g",
    "-O1",
]


def _library(name: str) -> str | None:
    """Return where gcc keeps a runtime library."""
    if shutil.which("gcc") is None:
        return None
    found = subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    path = found.stdout.strip()
    return path if os.path.isabs(path) else None


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, built with sanitizers."""
    include = sysconfig.get_paths()["include"]
    if _library("libasan.so") is None:
        pytest.skip(
            "there is no gcc with libasan on this machine: apt-get install gcc (libasan comes with it)"
        )
    if not Path(include, "Python.h").exists():
        pytest.skip(f"there is no Python.h in {include}: apt-get install python3-dev")
    built = tmp_path_factory.mktemp("sanitized") / "_fan.abi3.so"
    command = ["gcc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", *SANITIZE]
    subprocess.run([*command, f"-I{include}", str(SOURCE), "-o", str(built)], check=True)
    return built


def _torment(module: Path, seed: int) -> subprocess.CompletedProcess[str]:
    preload = " ".join(filter(None, (_library("libasan.so"), _library("libubsan.so"))))
    environment = {
        **os.environ,
        "LD_PRELOAD": preload,
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, str(TORMENT), str(module), str(seed), str(SECONDS)]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS * 10, check=False
    )


def test_random_calls_touch_no_memory_that_is_not_theirs(module: Path) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    ended = _torment(module, seed)
    assert ended.returncode == 0, f"seed {seed}\n{ended.stdout[-2000:]}\n{ended.stderr[-8000:]}"
    calls = [int(each) for each in ended.stdout.removeprefix("calls:").split()]
    assert sum(calls) > 500, ended.stdout
