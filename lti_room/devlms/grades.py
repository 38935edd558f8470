"""The grades service of one emulated LMS, as strict as the real one (lti_platforms 5.3)."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, jsonify, request

from lti_room.devlms.access import AccessTokens
from lti_room.devlms.claims import claims_for
from lti_room.devlms.gradebook import Column, Gradebook
from lti_room.devlms.moods import Moods, Service
from lti_room.devlms.persons import PEOPLE
from lti_room.devlms.platform import LINKS, Launch, Link, Platform
from lti_room.devlms.scores import accept_score, results

_ENDPOINT: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/"
_ITEM: Final = "application/vnd.ims.lis.v2.lineitem+json"
_ITEMS: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
_RESULTS: Final = "application/vnd.ims.lis.v2.resultcontainer+json"
_WRONG_SCOPE: Final = {"canvas": 401, "moodle": 401, "sakai": 403}
_FOLDERS: Final = {"sakai": ("/imsblis/lti13/lineitem", "/imsblis/lti13/lineitems")}
"""Where columns lie that are not below the course's columns."""
_CREATED: Final = {"canvas": 201, "moodle": 201, "sakai": 200}


class GradesService:
    """The service's answers; `pages` gets its routes."""

    def __init__(
        self,
        platform: Platform,
        book: Gradebook,
        tokens: AccessTokens,
        moods: Moods,
        now: Callable[[], float],
    ) -> None:
        self._platform = platform
        self._book = book
        self._tokens = tokens
        self._moods = moods
        self._now = now
        address = urlsplit(str(_claim(platform, next(iter(LINKS.values())))["lineitems"]))
        self._base = urlsplit(platform.issuer).path
        self._container = address.path.removeprefix(self._base)
        self._query = address.query
        for link in LINKS.values():
            self.couple(link)

    def couple(self, link: Link, maximum: float = 100.0) -> Column:
        """Make the column that belongs to a link, at the address its launches name."""
        path = urlsplit(str(_claim(self._platform, link)["lineitem"])).path.removeprefix(self._base)
        link_id = self._platform.link_id(link)
        return self._book.add(Column(path, link.title, maximum, link_id=link_id, coupled=True))

    def install(self, pages: Blueprint) -> None:
        """Serve the course's columns and each of them."""
        pages.add_url_rule(self._container, "line_items", self._list, methods=["GET"])
        pages.add_url_rule(self._container, "make_line_item", self._make, methods=["POST"])
        for number, folder in enumerate(_FOLDERS.get(self._platform.key, (self._container,))):
            pages.add_url_rule(f"{folder}/<path:rest>", f"line_item{number}", self._one, methods=["GET"])
            pages.add_url_rule(f"{folder}/<path:rest>", f"score{number}", self._score, methods=["POST"])

    def _allowed(self, *scopes: str) -> Response | None:
        unkind = self._moods.answer(Service.GRADES)
        if unkind is not None:
            return unkind
        named = [_SCOPE + scope for scope in scopes]
        self._tokens.require(_WRONG_SCOPE[self._platform.key], self._now(), *named)
        if self._query and self._query not in request.query_string.decode():
            abort(404)
        return None

    def _list(self) -> Response:
        if unkind := self._allowed("lineitem", "lineitem.readonly"):
            return unkind
        if self._platform.key == "moodle" and request.headers.get("Accept", "") not in {"", _ITEMS}:
            abort(400)
        wanted = {name: request.args.get(name) for name in ("resource_id", "tag", "resource_link_id")}
        heeds = self._book.heeds_filters
        found = [self._document(one) for one in self._listed() if not heeds or _suits(one, wanted)]
        start, limit = request.args.get("from", 0, type=int), request.args.get("limit", type=int)
        shown = found[start : start + limit] if limit else found
        response = jsonify(shown)
        response.mimetype = _ITEMS
        link = self._moods.next_link(Service.GRADES, request.url)
        if limit and start + limit < len(found):
            link = self._next(limit, start + limit)
        if link:
            response.headers["Link"] = link
        return response

    def _listed(self) -> list[Column]:
        """Sakai makes the column of a link at its first score."""
        late = self._platform.key == "sakai"
        return [one for one in self._book.columns.values() if one.entries or not (late and one.coupled)]

    def _next(self, limit: int, start: int) -> str:
        address = f"{self._platform.issuer}{self._container}?"
        query = urlencode({"limit": limit, "from": start}) + (f"&{self._query}" if self._query else "")
        if self._platform.key != "moodle":
            return f'<{address}{query}>; rel="next"'
        # Curly quotes and an escaped ampersand, in UTF-8: headers are written as Latin-1.
        odd = f"<{address}{query.replace('&', '&amp;')}>; rel=“next”"
        return odd.encode().decode("latin-1")

    def _make(self) -> Response:
        if unkind := self._allowed("lineitem"):
            return unkind
        if self._platform.key != "canvas" and request.mimetype != _ITEM:
            abort(400)
        given = request.get_json(force=True, silent=True)
        if (
            not isinstance(given, dict)
            or not given.get("label")
            or not _above_zero(given.get("scoreMaximum"))
        ):
            abort(400)
        column = Column(
            path=self._new_path(),
            label=str(given["label"]),
            maximum=float(given["scoreMaximum"]),
            resource_id=str(given.get("resourceId", "")),
            tag=str(given.get("tag", "")),
            link_id=str(given.get("resourceLinkId", "")),
        )
        if column.link_id and column.link_id not in self._platform.link_ids:
            abort(404)
        response = jsonify(self._document(self._book.add(column)))
        response.status_code, response.mimetype = _CREATED[self._platform.key], _ITEM
        return response

    def _new_path(self) -> str:
        number = self._book.new_number()
        if self._platform.key == "moodle":
            return f"{self._container}/{number}/lineitem"
        if self._platform.key == "sakai":
            folder, _, site = self._container.rpartition("/")
            return f"{folder}/FAKESIGNATURE:::{site}:::tool:4/{number}"
        return f"{self._container}/{number}"

    def _one(self, rest: str) -> Response:
        del rest
        column, what = self._named()
        if what == "results":
            if unkind := self._allowed("result.readonly"):
                return unkind
            if self._platform.key == "moodle" and request.headers.get("Accept", "") not in {"", _RESULTS}:
                abort(400)
            response = jsonify(results(column, self._address(column), request.args.get("user_id")))
            response.mimetype = _RESULTS
            return response
        if what:
            abort(405)
        if unkind := self._allowed("lineitem", "lineitem.readonly"):
            return unkind
        response = jsonify(self._document(column))
        response.mimetype = _ITEM
        return response

    def _score(self, rest: str) -> Response:
        del rest
        column, what = self._named()
        if what != "scores":
            abort(405)
        if unkind := self._allowed("score"):
            return unkind
        accept_score(self._platform.key, self._book, column)
        if self._platform.key == "canvas":
            user = request.get_json(force=True)["userId"]
            return jsonify(resultUrl=f"{self._address(column)}/results/{user}")
        return Response("", 200)

    def _named(self) -> tuple[Column, str]:
        """Return the column of this address, and what of it is asked for."""
        path = request.path.removeprefix(self._base)
        stem, _, what = path.rpartition("/")
        found = [(path, ""), (stem, what)] if what in {"scores", "results"} else [(path, "")]
        for column_path, below in found:
            if column := self._book.columns.get(column_path):
                return column, below
        return abort(404)

    def _address(self, column: Column) -> str:
        return f"{self._platform.issuer}{column.path}" + (f"?{self._query}" if self._query else "")

    def _document(self, column: Column) -> dict[str, Any]:
        named = {"resourceId": column.resource_id, "tag": column.tag, "resourceLinkId": column.link_id}
        return {
            "id": self._address(column),
            "label": column.label,
            "scoreMaximum": column.maximum,
            **{name: value for name, value in named.items() if value},
        }


def _claim(platform: Platform, link: Link) -> dict[str, Any]:
    claims = claims_for(platform, Launch("", PEOPLE["instructor"], link, "frame", 0.0))
    endpoint: dict[str, Any] = claims[_ENDPOINT]
    return endpoint


def _suits(column: Column, wanted: dict[str, str | None]) -> bool:
    has = {"resource_id": column.resource_id, "tag": column.tag, "resource_link_id": column.link_id}
    return all(value is None or has[name] == value for name, value in wanted.items())


def _above_zero(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
