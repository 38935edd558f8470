"""An LMS that registers tools: the recorded configuration with changes, and every request it got."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from tests.support.platform import ABSENT, recorded, without_absent

TOOL: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"


class RegisteringPlatform:
    """The registration side of an LMS. `configuration`, `reply` and `status` may be changed at any time.

    Args:
        kind: whose recorded configuration is published: `canvas`, `moodle` or `sakai`.
    """

    def __init__(self, kind: str = "moodle") -> None:
        self.asked: list[tuple[str, str, dict[str, Any] | None]] = []
        self.status = 200
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://localhost:{self._server.server_port}"
        self.configuration_url = f"{self.url}/openid-configuration"
        self.configuration: dict[str, Any] | bytes = {}
        self.reply: dict[str, Any] | bytes = {}
        self.become(kind)

    def become(self, kind: str, **changes: Any) -> None:
        """Publish another recorded configuration; a change set to ABSENT leaves a member out."""
        document = recorded(kind, "openid_configuration")
        document |= {"issuer": self.url}
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"):
            document[name] = f"{self.url}/{name}"
        self.configuration = without_absent(document | changes)
        deployment = {} if kind == "canvas" else {"deployment_id": "3"}
        self.reply = {"client_id": "FAKEclient", TOOL: deployment}
        self.status = 200
        self.asked.clear()

    @property
    def request(self) -> dict[str, Any]:
        """What was posted to the registration endpoint, once."""
        [body] = [body for method, _, body in self.asked if method == "POST"]
        assert body is not None
        return body

    @property
    def tokens(self) -> set[str]:
        """The Authorization headers that came."""
        return {header for _, header, _ in self.asked}

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def registering(kind: str = "moodle") -> Iterator[RegisteringPlatform]:
    """Run one; it ends with the block."""
    platform = RegisteringPlatform(kind)
    try:
        yield platform
    finally:
        platform.close()


def _handler(platform: RegisteringPlatform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._note(None)
            self._answer(200, platform.configuration)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._note(json.loads(self.rfile.read(length)))
            self._answer(platform.status, platform.reply)

        def _note(self, body: dict[str, Any] | None) -> None:
            platform.asked.append((self.command, self.headers.get("Authorization", ""), body))

        def _answer(self, status: int, value: dict[str, Any] | bytes) -> None:
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            # Moodle answers so.
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


__all__ = ["ABSENT", "TOOL", "RegisteringPlatform", "registering"]
