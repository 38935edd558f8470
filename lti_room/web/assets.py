"""Static files: read and compressed once, served from memory under the build's own address.

`/static/<build>/js/room.js` may be kept for ever, because another build has another address.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_FIRST_STYLES: Final = ("css/tokens.css", "css/base.css")
_PAGE_STYLES: Final = ("css/tokens.css", "css/base.css", "css/button.css", "css/page.css")
_LEAST_SAVED: Final = 200
_IMPORT: Final = re.compile(r"""^\s*(?:import|export)\b[^;'"]*?["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class _File:
    body: bytes
    zipped: bytes | None
    type: str


class Assets:
    """The static files of this build."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix != ".py"
        }
        whole = hashlib.sha256()
        for name, file in self._files.items():
            whole.update(f"{name}\0{len(file.body)}\0".encode() + file.body)
        self.build = whole.hexdigest()[:12]

    def address(self, name: str) -> str:
        """Return the address of a file such as `js/room.js`."""
        return f"/static/{self.build}/{name}"

    def modules(self, entry: str) -> list[str]:
        """Return the addresses of all modules that `entry` imports statically, itself first."""
        return [self.address(name) for name in self._reached(entry)]

    def room_styles(self) -> list[str]:
        """Return the room's style sheets: tokens, base, then the others by name."""
        others = [
            n for n in self._files if n.endswith(".css") and n != "css/page.css" and _folder(n) == "css"
        ]
        ordered = sorted(others, key=lambda name: (name not in _FIRST_STYLES, name != _FIRST_STYLES[0], name))
        return [self.address(name) for name in ordered]

    def page_styles(self, *own: str) -> list[str]:
        """Return the style sheets of the plain pages (errors, launch steps) and a page's own, in this order.

        One of its own is a part that the room has, too, `css/<own>.css`, or the page's `css/pages/<own>.css`.
        """
        wanted = (*_PAGE_STYLES, *(f"css/{folder}{name}.css" for name in own for folder in ("", "pages/")))
        return [self.address(name) for name in wanted if name in self._files]

    def file(self, name: str) -> _File | None:
        """Return a file, or None."""
        return self._files.get(name)

    def _reached(self, entry: str) -> Iterator[str]:
        seen: set[str] = set()
        waiting = [entry]
        while waiting:
            name = waiting.pop(0)
            if name in seen or name not in self._files:
                continue
            seen.add(name)
            yield name
            found = _IMPORT.findall(self._files[name].body.decode())
            waiting.extend(_resolve(PurePosixPath(name).parent, path) for path in found)


def blueprint(assets: Assets) -> Blueprint:
    """Return the route of all static files."""
    pages = Blueprint("static_files", __name__)

    @pages.get("/static/<build>/<path:name>")
    def static_file(build: str, name: str) -> Response:
        file = assets.file(name)
        if file is None:
            raise NotFound
        zipped = file.zipped is not None and request.accept_encodings.quality("gzip") > 0
        response = Response(file.zipped if zipped else file.body, content_type=file.type)
        if zipped:
            response.content_encoding = "gzip"
        response.vary.add("Accept-Encoding")
        # A page of an older build may still ask during a restart: answered, but never kept.
        kept = "public, max-age=31536000, immutable" if build == assets.build else "no-store"
        response.headers["Cache-Control"] = kept
        return response

    return pages


def _read(path: Path) -> _File:
    body = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    zipped = gzip.compress(body, 9, mtime=0)
    return _File(body, zipped if len(body) - len(zipped) >= _LEAST_SAVED else None, kind)


def _folder(name: str) -> str:
    return str(PurePosixPath(name).parent)


def _resolve(folder: PurePosixPath, relative: str) -> str:
    parts: list[str] = list(folder.parts)
    for part in relative.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
