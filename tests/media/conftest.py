"""A real media worker process, and the web side that talks to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from tests.support.media import Signalling, WorkerProcess


class StartWorker(Protocol):
    """Starts a worker; keywords are more settings."""

    def __call__(self, index: int = 0, **settings: str) -> WorkerProcess: ...


@pytest.fixture
def start_worker(redis: Redis, redis_settings: Settings, tmp_path: Path) -> Iterator["StartWorker"]:
    """Start media workers that are stopped when the test ends."""
    started: list[WorkerProcess] = []

    def start(index: int = 0, **settings: str) -> WorkerProcess:
        worker = WorkerProcess(redis_settings, tmp_path, index, settings)
        started.append(worker)
        worker.start()
        worker.wait_ready(redis)
        return worker

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def worker(start_worker: StartWorker) -> WorkerProcess:
    """Media worker 0, running."""
    return start_worker()


@pytest.fixture
def signalling(redis: Redis, redis_settings: Settings) -> Iterator[Signalling]:
    """A web process's media backend whose events are collected."""
    started = Signalling(redis, redis_settings.effective_redis_url)
    yield started
    started.close()
