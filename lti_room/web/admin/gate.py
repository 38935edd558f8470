"""Who may see an admin page, and whether a form is one of ours.

The cookie is `__Host-`, SameSite=Strict and HttpOnly, and lives as long as the browser's window; the pages
are top-level only. A form carries a token made for its address: another site could not know it.
"""

from typing import Final

from flask import Blueprint, Response, g, make_response, render_template, request

from lti_room.base.errors import AppError
from lti_room.usecases.administering.admin_entry import SignedIn
from lti_room.web import security, words
from lti_room.web.deps import WebDeps

COOKIE: Final = "__Host-lr-admin"
_OPEN: Final = ("/admin/enter",)
_OURSELVES: Final = frozenset({"same-origin", "none", ""})


def guard(pages: Blueprint, deps: WebDeps) -> None:
    """Let only signed-in admins and their own forms reach the views of a blueprint."""

    @pages.before_request
    def let_in() -> Response | None:
        security.allow(form_action="'self'")
        g.opener_policy = "same-origin"
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "") not in _OURSELVES:
            raise AppError("admin_form", "Send the form again from its own page.")
        if request.path in _OPEN:
            return None
        found = deps.admin.entry.find(request.cookies.get(COOKIE, ""))
        if found is None:
            return door_page(status=401, code="admin_signed_out" if COOKIE in request.cookies else "")
        g.admin = found
        if request.method == "POST" and not found.is_own_form(request.path, request.form.get("token", "")):
            raise AppError("admin_form", "Send the form again from its own page.")
        return None

    @pages.context_processor
    def tokens() -> dict[str, object]:
        return {"form_token": me().form_token} if "admin" in g else {}


def me() -> SignedIn:
    """Return who is signed in; only within guarded views."""
    signed_in: SignedIn = g.admin
    return signed_in


def door_page(*, status: int = 200, code: str = "", left: bool = False) -> Response:
    """Return the page that takes the code; with an error's words if `code` names one."""
    trouble = words.of_request().error(code) if code else None
    response = make_response(render_template("admin/enter.html", trouble=trouble, code=code, left=left))
    response.status_code = status
    return response


def set_cookie(response: Response, value: str) -> None:
    """Sign the browser in; an empty value signs it out. Browsers take Secure cookies on loopback as well."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=None if value else 0,
        path="/",
        secure=True,
        httponly=True,
        samesite="Strict",
    )
