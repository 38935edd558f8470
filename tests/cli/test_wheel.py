"""What a user installs: the wheel in an empty environment, with pages, static files and all parts."""

import os
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.stack import answers, free_port, wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `lti-room` command of an environment that holds the wheel and the locked dependencies, no more."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(source)], check=True)
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
    install = [folder / "env/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--require-hashes", "-r", str(ROOT / "requirements.lock")], check=True)
    subprocess.run([*install, "--no-deps", *map(str, folder.glob("*.whl"))], check=True)
    return folder / "env/bin/lti-room"


def test_the_installed_program_starts_and_serves_its_own_files(installed: Path, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("LTI_ROOM_", "PYTHON"))},
        "LTI_ROOM_DEVELOPMENT": "1",
        "LTI_ROOM_BIND": f"127.0.0.1:{port}",
        "LTI_ROOM_PUBLIC_URL": url,
        "LTI_ROOM_DEVLMS_BIND": f"localhost:{free_port()}",
        "LTI_ROOM_MEDIA_BIND": f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}",
    }
    log = tmp_path / "up.log"
    with log.open("wb") as out:
        up = subprocess.Popen([str(installed), "up"], cwd=tmp_path, env=environment, stdout=out, stderr=out)
    try:
        wait_until(
            lambda: up.poll() is None and b"lti-room is ready" in log.read_bytes(), 60, log.read_text()
        )
        assert answers(f"{url}/health/ready")
        request = urllib.request.Request(f"{url}/rooms/r_unknown")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        page = refused.value.read().decode()
        styles = re.findall(r'href="(/static/[^"]+\.css)"', page)
        assert styles
        build = styles[0].split("/")[2]
        for name in ("css/page.css", "js/room.js", "js/wire/client.js", "vendor/ui.js", "vendor/icons.svg"):
            assert answers(f"{url}/static/{build}/{name}"), name
    finally:
        up.terminate()
        assert up.wait(20) == 0
    assert (tmp_path / "data" / "redis").is_dir()
