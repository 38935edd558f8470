"""What a login and a launch cost this process: CPU seconds with a warm key cache and a real Redis.

Target: both together at most 5 ms. Signing the platform's message and building the requests are not counted.
"""

import io
import statistics
import tempfile
import time
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask

from lti_room.base.clock import SystemClock
from lti_room.base.redis_client import connect
from lti_room.base.redis_server import EmbeddedRedis
from lti_room.base.settings import load
from lti_room.lti.registration_entry import from_mapping
from lti_room.lti.registration_list import RegistrationList
from lti_room.lti.tool import LtiTool
from tests.support.platform import UnrulyPlatform, running
from tests.support.web import create_app, web_deps

ROUNDS: Final = 300
TARGET_MS: Final = 5.0
_PUBLIC: Final = "http://127.0.0.1:8000"


def main() -> None:
    """Measure and print one row for each part."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load(
            {"LTI_ROOM_DEVELOPMENT": "1", "LTI_ROOM_DATA": folder, "LTI_ROOM_PUBLIC_URL": _PUBLIC}
        )
        clock = SystemClock()
        with EmbeddedRedis(settings), running(UnrulyPlatform(clock)) as platform:
            redis = connect(settings.effective_redis_url)
            registrations = RegistrationList([from_mapping(platform.registration(), development=True)])
            tool = LtiTool(redis=redis, clock=clock, settings=settings, registrations=registrations)
            app = create_app(web_deps(redis, settings, clock=clock, lti=tool))
            rounds = [_round(app, platform) for _ in range(ROUNDS + 20)][20:]
            redis.close()
    _print([login for login, _ in rounds], [launch for _, launch in rounds])


def _round(app: Flask, platform: UnrulyPlatform) -> tuple[float, float]:
    """Return the CPU milliseconds of one login and one launch."""
    status, headers, login = _post(app, "/lti/login", platform.login_parameters(_PUBLIC), "")
    assert status.startswith("302"), status
    asked = {name: values[0] for name, values in parse_qs(urlsplit(headers["Location"]).query).items()}
    token = platform.sign(platform.claims(_PUBLIC, asked["nonce"]))
    cookie = headers["Set-Cookie"].partition(";")[0]
    status, _, launch = _post(app, "/lti/launch", {"state": asked["state"], "id_token": token}, cookie)
    assert status.startswith("303"), status
    return login, launch


def _post(app: Flask, path: str, fields: dict[str, Any], cookie: str) -> tuple[str, dict[str, str], float]:
    body = urlencode(fields).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_COOKIE": cookie,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    answered: list[Any] = []
    wsgi: Any = app.wsgi_app
    started = time.process_time()
    parts: Iterable[bytes] = wsgi(environ, lambda *answer: answered.extend(answer))
    b"".join(parts)
    return answered[0], dict(answered[1]), (time.process_time() - started) * 1000


def _print(logins: list[float], launches: list[float]) -> None:
    both = [login + launch for login, launch in zip(logins, launches, strict=True)]
    print("| CPU of one process, warm key cache | median ms | 95 % ms | target |")
    print("|---|---|---|---|")
    for name, values, target in (
        ("login", logins, ""),
        ("launch", launches, ""),
        (
            "login and launch",
            both,
            f"<= {TARGET_MS} ms: {'met' if statistics.median(both) <= TARGET_MS else 'MISSED'}",
        ),
    ):
        slow = statistics.quantiles(values, n=20)[-1]
        print(f"| {name} | {statistics.median(values):.2f} | {slow:.2f} | {target} |")


if __name__ == "__main__":
    main()
