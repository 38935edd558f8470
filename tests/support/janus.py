"""A Janus of our own for comparison: the distribution's package, a configuration in a temporary folder."""

import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any, Final

from tests.support.rtc_client import Remote, RtcClient, Stream
from tests.support.stack import free_port, wait_until

PLUGIN: Final = "janus.plugin.videoroom"
ROOM: Final = 1234
_LIBRARIES: Final = ("/usr/lib/x86_64-linux-gnu/janus", "/usr/lib/aarch64-linux-gnu/janus", "/usr/lib/janus")


def installed() -> bool:
    """Tell whether there is a Janus on this machine."""
    return shutil.which("janus") is not None and _library() is not None


def version() -> str:
    """Return the installed package's version."""
    command = ["dpkg-query", "--show", "--showformat=${Version}", "janus"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"Janus {shown.stdout.strip() or 'of unknown version'}"


def _library() -> Path | None:
    return next((Path(each) for each in _LIBRARIES if Path(each).is_dir()), None)


class Janus:
    """A running Janus with one video room. `event_loops` 0 is its default: a thread for every client."""

    def __init__(self, folder: Path, event_loops: int) -> None:
        self._folder = folder / f"janus{event_loops}"
        self._loops = event_loops
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and make the room."""
        self._configure()
        command = ["janus", "-F", str(self._folder), "-C", str(self._folder / "janus.jcfg"), "-o"]
        with (self._folder / "janus.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._answers, 15, "Janus answers")
        self._session = self._ask("", {"janus": "create"})["data"]["id"]
        handle = self.attach()
        room = {"request": "create", "room": ROOM, "publishers": 3, "videocodec": "vp8", "audiocodec": "opus"}
        self._message(handle, room)

    @property
    def pid(self) -> int:
        """The process to measure."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def attach(self) -> int:
        """Return a new handle on the video room plugin."""
        answer = self._ask(f"/{self._session}", {"janus": "attach", "plugin": PLUGIN})
        return int(answer["data"]["id"])

    def publish(self, offer: str) -> tuple[str, int]:
        """Join and publish; return the SDP answer and the publisher's id."""
        handle = self.attach()
        self._message(handle, {"request": "join", "ptype": "publisher", "room": ROOM})
        joined = self._event(handle)
        self._message(handle, {"request": "publish"}, {"type": "offer", "sdp": offer})
        answered = self._event(handle, with_sdp=True)
        return str(answered["jsep"]["sdp"]), int(joined["plugindata"]["data"]["id"])

    def subscribe(self, publisher: int) -> tuple[int, str]:
        """Ask to receive a publisher; return the handle and the SDP offer."""
        handle = self.attach()
        streams = [{"feed": publisher}]
        self._message(handle, {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams})
        return handle, str(self._event(handle, with_sdp=True)["jsep"]["sdp"])

    def answer(self, handle: int, sdp: str) -> None:
        """Hand in a subscriber's answer."""
        self._message(handle, {"request": "start"}, {"type": "answer", "sdp": sdp})
        self._event(handle)

    def _configure(self) -> None:
        library = _library()
        assert library is not None
        self._folder.mkdir(parents=True)
        loops = f"event_loops = {self._loops}" if self._loops else ""
        unwanted = [path.name for path in (library / "transports").glob("*.so") if "http" not in path.name]
        plugins = [path.name for path in (library / "plugins").glob("*.so") if "videoroom" not in path.name]
        (self._folder / "janus.jcfg").write_text(
            f'general: {{ plugins_folder = "{library}/plugins"\n transports_folder = "{library}/transports"\n'
            f' events_folder = "{library}/events"\n loggers_folder = "{library}/loggers"\n debug_level = 2\n'
            f" session_timeout = 0\n {loops} }}\n"
            f"nat: {{ ice_lite = true }}\n"
            f'plugins: {{ disable = "{",".join(plugins)}" }}\n'
            f'transports: {{ disable = "{",".join(unwanted)}" }}\n'
        )
        (self._folder / "janus.transport.http.jcfg").write_text(
            f'general: {{ json = "compact"\n base_path = "/janus"\n http = true\n port = {self._port}\n'
            f' ip = "127.0.0.1"\n https = false }}\nadmin: {{ admin_http = false }}\n'
        )
        (self._folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/janus/info", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        data = json.dumps({**body, "transaction": os.urandom(6).hex()}).encode()
        url = f"http://127.0.0.1:{self._port}/janus{path}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            read: dict[str, Any] = json.load(answer)
        assert read["janus"] in {"success", "ack"}, read
        return read

    def _message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> None:
        message: dict[str, Any] = {"janus": "message", "body": body}
        self._ask(f"/{self._session}/{handle}", {**message, "jsep": jsep} if jsep else message)

    def _event(self, handle: int, *, with_sdp: bool = False) -> dict[str, Any]:
        """Long-poll until the plugin says something about a handle."""
        while True:
            url = f"http://127.0.0.1:{self._port}/janus/{self._session}?maxev=1"
            with urllib.request.urlopen(url, timeout=40) as answer:
                event: dict[str, Any] = json.load(answer)
            if event.get("janus") != "event" or event.get("sender") != handle:
                continue
            assert "error" not in event["plugindata"]["data"], event
            if not with_sdp or "jsep" in event:
                return event


async def publish(server: Janus, client: RtcClient, streams: dict[str, Stream]) -> int:
    """Connect a publishing client; return the publisher's id."""
    answer, publisher = server.publish(client.publish_offer(streams))
    await client.connect(Remote.read(answer), server="a=setup:active" in answer)
    return publisher


async def subscribe(server: Janus, client: RtcClient, publisher: int) -> None:
    """Connect a subscribing client."""
    handle, offer = server.subscribe(publisher)
    server.answer(handle, client.subscribe_answer(offer))
    await client.connect(Remote.read(offer))
