"""The admin's side of an emulated LMS: register a tool in a frame, activate it, try it out."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_room.devlms.claims import claims_for
from lti_room.devlms.persons import PEOPLE
from lti_room.devlms.platform import COURSE, LINKS, Placing
from lti_room.devlms.registration import Registrations
from lti_room.devlms.tools import RegisteredTool

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "canvas": {"where": "Apps · Install a New App", "field": "Dynamic Registration URL", "off": "Key is Off",
               "on": "Key is On", "activate": "Switch the key on"},
    "moodle": {"where": "External tool · Manage tools", "field": "Tool URL", "off": "Pending", "on": "Active",
               "activate": "Activate"},
    "sakai": {"where": "External Tools · LTI Advantage Auto Provision", "field": "Registration URL",
              "off": "Draft", "on": "Saved", "activate": "Save"},
}  # fmt: skip
_TRY: Final = ("instructor", "student1")
_LINK: Final = LINKS["link1"]


def admin_pages(pages: Blueprint, registrations: Registrations) -> None:
    """Add the admin's pages to an LMS."""
    platform, tools = registrations.platform, registrations.tools
    words = WORDS[platform.key]

    def chosen(client_id: str) -> RegisteredTool:
        return tools.find(client_id) or abort(404)

    @pages.get("/admin")
    def admin() -> str:
        people = [PEOPLE[key] for key in _TRY]
        return render_template("admin.html", platform=platform, tools=tools, words=words, people=people)

    @pages.get("/admin/register")
    def register() -> str:
        url = request.args.get("url", "").strip()
        if not url.startswith(platform.tool_url + "/"):
            return render_template(
                "admin.html", platform=platform, tools=tools, words=words, wrong=url, people=[]
            )
        address = registrations.address(url)
        return render_template("admin_register.html", platform=platform, words=words, address=address)

    @pages.post("/admin/activate")
    def activate() -> Response:
        chosen(request.form.get("tool", "")).active = True
        return redirect(url_for(".admin"))

    @pages.get("/admin/course")
    def admin_course() -> str:
        tool = chosen(request.args.get("tool", ""))
        query = urlencode({"tool": tool.platform.client_id, "person": request.args.get("person", "")})
        launcher = f"{platform.issuer}/admin/launch?{query}"
        frame = platform.frame(_LINK, launcher) | {"src": launcher}
        return render_template("admin_course.html", platform=platform, tool=tool, frame=frame, course=COURSE)

    @pages.get("/admin/launch")
    def admin_launch() -> str:
        tool, person = chosen(request.args.get("tool", "")), PEOPLE.get(request.args.get("person", ""))
        if person is None:
            abort(404)
        placing: Placing = "frame"
        launch = tool.launches.start(person, _LINK, placing, registrations.now())
        login = tool.platform.login_parameters(launch, claims_for(tool.platform, launch))
        url = tool.platform.login_url
        if platform.login_method == "GET":
            return render_template("go.html", title=_LINK.title, url=f"{url}?{urlencode(login)}")
        return render_template("send.html", title=_LINK.title, url=url, fields=login)
