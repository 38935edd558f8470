"""`/admin` over real HTTP: who gets in, what a form needs, what every change does and writes down."""

import re
from dataclasses import dataclass
from html import unescape

import pytest
import requests

from lti_room.base.clock import FixedClock
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.lti.registrations.registration import Registration, RegistrationStatus
from lti_room.usecases.administering.registration_invitations import InvitationTerms
from lti_room.usecases.people import Person, participant_id
from lti_room.web import WebDeps
from lti_room.web.admin.gate import COOKIE

PAGES = ("", "/add", "/add/canvas", "/add/moodle", "/add/sakai", "/add/other", "/invitations", "/people")
PAGES += ("/keys", "/log")


def a_school(name: str = "North School", client: str = "10000000000123") -> Registration:
    return from_mapping(
        {
            "name": name,
            "platform": "moodle",
            "issuer": "https://moodle.example",
            "client_id": client,
            "auth_login_url": "https://moodle.example/mod/lti/auth.php",
            "auth_token_url": "https://moodle.example/mod/lti/token.php",
            "jwks_url": "https://moodle.example/mod/lti/certs.php",
        }
    )


@dataclass
class Admin:
    """A signed-in browser. Real ones send the Secure cookie on loopback; this client gets it by hand."""

    site: str
    cookie: str

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.site}/admin{path}", headers=self._headers(), timeout=5)

    def post(self, path: str, /, seen_on: str = "", **fields: str) -> requests.Response:
        """Send the form of `path` as it stands on the page `seen_on`."""
        page = self.get(seen_on).text
        action = re.escape(f"/admin{path}")
        token = re.search(rf'action="{action}">\s*<input type="hidden" name="token" value="(\w+)"', page)
        assert token, f"no form for {path} on {seen_on}"
        return self.send(path, token=token[1], **fields)

    def send(self, path: str, /, **fields: str) -> requests.Response:
        return requests.post(
            f"{self.site}/admin{path}",
            data=fields,
            headers=self._headers(),
            timeout=5,
            allow_redirects=False,
        )

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.cookie}"}


def enter(site: str, code: str, **headers: str) -> requests.Response:
    return requests.post(
        f"{site}/admin/enter", data={"code": code}, headers=headers, timeout=5, allow_redirects=False
    )


@pytest.fixture
def admin(site: str, deps: WebDeps) -> Admin:
    """Anna, signed in by a link."""
    answer = enter(site, deps.admin.entry.make_code("cli:anna"))
    assert answer.status_code == 303
    found = re.search(rf"{COOKIE}=([^;]+)", answer.headers["Set-Cookie"])
    assert found
    return Admin(site, found[1])


@pytest.fixture
def school(deps: WebDeps) -> Registration:
    """A registration that can be changed."""
    made = a_school()
    deps.registrations.insert(made)
    return made


def audited(deps: WebDeps) -> list[str]:
    return [entry.what for entry in deps.audit.latest(50)]


def test_the_cookie_is_ours_alone(site: str, deps: WebDeps) -> None:
    answer = enter(site, deps.admin.entry.make_code("cli:anna"))
    said = answer.headers["Set-Cookie"]
    assert said.startswith("__Host-lr-admin=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(said.split("; "))
    assert "Max-Age" not in said
    assert "Domain" not in said


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_signing_in(site: str, path: str) -> None:
    page = requests.get(f"{site}/admin{path}", timeout=5)
    assert page.status_code == 401
    assert 'action="/admin/enter"' in page.text
    assert requests.post(f"{site}/admin{path}", timeout=5).status_code in {401, 405}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_and_may_stand_in_no_frame(admin: Admin, school: Registration, path: str) -> None:
    page = admin.get(path)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script-src 'self'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_code_works_once(site: str, deps: WebDeps) -> None:
    code = deps.admin.entry.make_code("cli:anna")
    assert enter(site, code).status_code == 303
    again = enter(site, code)
    assert again.status_code == 401
    assert 'data-error="admin_code"' in again.text
    assert "Set-Cookie" not in again.headers


def test_neither_code_nor_cookie_can_be_read_in_redis(admin: Admin, deps: WebDeps) -> None:
    code = deps.admin.entry.make_code("cli:anna")
    everything = b" ".join(
        key + b" " + (deps.redis.get(key) or b"") for key in deps.redis.scan_iter("admin:*")
    )
    assert code.encode() not in everything
    assert admin.cookie.encode() not in everything


def test_a_get_of_the_link_uses_nothing_up(site: str, deps: WebDeps) -> None:
    code = deps.admin.entry.make_code("cli:anna")
    assert requests.get(f"{site}/admin/enter", timeout=5).status_code == 200
    assert enter(site, code).status_code == 303


def test_after_many_wrong_codes_even_the_right_one_waits(site: str, deps: WebDeps, clock: FixedClock) -> None:
    for _ in range(deps.settings.admin_tries_per_minute):
        assert enter(site, "wrong").status_code == 401
    code = deps.admin.entry.make_code("cli:anna")
    assert enter(site, code).status_code == 429
    clock.advance(61)
    assert enter(site, code).status_code == 303


def test_somebody_who_is_idle_or_stays_too_long_is_signed_out(
    admin: Admin, deps: WebDeps, clock: FixedClock
) -> None:
    clock.advance(deps.settings.admin_idle_seconds - 1)
    assert admin.get("").status_code == 200
    clock.advance(deps.settings.admin_idle_seconds)
    page = admin.get("")
    assert (page.status_code, "admin_signed_out" in page.text) == (401, True)


def test_staying_awake_does_not_help_for_ever(admin: Admin, deps: WebDeps, clock: FixedClock) -> None:
    for _ in range(deps.settings.admin_stay_seconds // 1000):
        clock.advance(1000)
        last = admin.get("").status_code
    clock.advance(1000)
    assert (last, admin.get("").status_code) == (200, 401)


def test_signing_out_ends_it_everywhere(admin: Admin, deps: WebDeps) -> None:
    answer = admin.post("/leave")
    assert answer.status_code == 303
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert admin.get("").status_code == 401
    assert audited(deps)[:3] == ["admin_signed_out", "admin_signed_in", "admin_link_made"]


@pytest.mark.parametrize("token", ["", "0" * 64, "of another form"])
def test_a_form_needs_its_own_token(admin: Admin, deps: WebDeps, school: Registration, token: str) -> None:
    if token == "of another form":
        page = admin.get(f"/registrations/{school.id}").text
        found = re.search(r'/admin/leave">\s*<input type="hidden" name="token" value="(\w+)"', page)
        assert found
        token = found[1]
    answer = admin.send(f"/registrations/{school.id}/disable", token=token)
    assert answer.status_code == 403
    assert 'data-error="admin_form"' in answer.text
    assert deps.registrations.find(school.id) == school


@pytest.mark.parametrize("site_of_sender", ["cross-site", "same-site"])
def test_a_form_of_another_site_signs_nobody_in(admin: Admin, deps: WebDeps, site_of_sender: str) -> None:
    code = deps.admin.entry.make_code("cli:anna")
    headers = {"Sec-Fetch-Site": site_of_sender}
    assert enter(admin.site, code, **headers).status_code == 403
    assert enter(admin.site, code).status_code == 303


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        (RegistrationStatus.PENDING, "approve", RegistrationStatus.ACTIVE),
        (RegistrationStatus.DISABLED, "enable", RegistrationStatus.ACTIVE),
        (RegistrationStatus.ACTIVE, "disable", RegistrationStatus.DISABLED),
    ],
)
def test_launches_are_switched_on_and_off(
    admin: Admin,
    deps: WebDeps,
    school: Registration,
    first: RegistrationStatus,
    then: str,
    status: RegistrationStatus,
) -> None:
    deps.registrations.set_status(school.id, first)
    here = f"/registrations/{school.id}"
    answer = admin.post(f"{here}/{then}", seen_on=here)
    assert answer.headers["Location"].startswith(f"/admin{here}?done=")
    found = deps.registrations.find(school.id)
    assert found
    assert found.status is status
    assert audited(deps)[0] == f"registration_{then}{'d' if then[-1] == 'e' else 'ed'}"
    assert deps.audit.latest(1)[0].by == "cli:anna"


def test_a_deployment_that_launched_waits_and_is_approved(
    admin: Admin, deps: WebDeps, school: Registration
) -> None:
    deps.registrations.note_deployment(school.id, "dep-7", "Biology <b>101</b>")
    here = f"/registrations/{school.id}"
    page = admin.get(here).text
    assert "dep-7" in page
    assert "Biology &lt;b&gt;101&lt;/b&gt;" in page
    admin.post(f"{here}/deployment/approve", seen_on=here, deployment="dep-7")
    assert deps.registrations.is_deployment_known(school, "dep-7")
    admin.post(f"{here}/deployment/refuse", seen_on=here, deployment="dep-7")
    assert not deps.registrations.is_deployment_known(school, "dep-7")


def test_a_deployment_that_is_none_is_refused_in_place(
    admin: Admin, deps: WebDeps, school: Registration
) -> None:
    here = f"/registrations/{school.id}"
    answer = admin.post(f"{here}/deployment/approve", seen_on=here, deployment="ünsinn")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert deps.registrations.known_deployments(school.id) == []


def test_a_refused_page_around_the_lms_is_allowed_with_one_click(
    admin: Admin, deps: WebDeps, school: Registration
) -> None:
    deps.registrations.note_frame_ancestor(school.id, "https://portal.example")
    assert "https://portal.example" in admin.get("").text
    here = f"/registrations/{school.id}"
    admin.post(f"{here}/frame/allow", seen_on=here, origin="https://portal.example")
    found = deps.registrations.find(school.id)
    assert found
    assert found.frame_origins == ("https://portal.example",)
    assert deps.registrations.noted_frame_ancestors(school.id) == []


def test_members_are_edited(admin: Admin, deps: WebDeps, school: Registration) -> None:
    here = f"/registrations/{school.id}"
    answer = admin.post(
        f"{here}/edit",
        seen_on=here,
        name="South School",
        frame_origins="https://a.example\nhttps://b.example",
        roles="ContentDeveloper = host\nhttp://purl.imsglobal.org/vocab/lis/v2/membership#Mentor = moderator",
        retention_days="30",
    )
    assert answer.status_code == 303
    found = deps.registrations.find(school.id)
    assert found
    assert (found.name, found.retention_days) == ("South School", 30)
    assert found.frame_origins == ("https://a.example", "https://b.example")
    assert not found.learn_frame_origins
    assert found.roles.decide(["ContentDeveloper"]) == "host"
    shown = unescape(admin.get(here).text)
    assert "membership#Mentor = moderator" in shown
    assert 'value="30"' in shown


@pytest.mark.parametrize(
    ("member", "typed"),
    [
        ("roles", "Instructor = king"),
        ("frame_origins", "http://insecure.example"),
        ("frame_origins", "https://a.example/path"),
        ("retention_days", "soon"),
        ("retention_days", "-3"),
        ("name", ""),
    ],
)
def test_what_is_malformed_is_said_and_stays_in_the_form(
    admin: Admin, deps: WebDeps, school: Registration, member: str, typed: str
) -> None:
    fields = {"name": "New name", "frame_origins": "", "roles": "", "retention_days": ""} | {member: typed}
    here = f"/registrations/{school.id}"
    answer = admin.post(f"{here}/edit", seen_on=here, **fields)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert typed in unescape(answer.text)
    assert deps.registrations.find(school.id) == school


def test_removing_says_what_is_lost_and_wants_to_be_sure(
    admin: Admin, deps: WebDeps, school: Registration
) -> None:
    who = participant_id(school.id, "noah")
    deps.people.remember(school.id, who, Person("Noah Kim", "noah@school.example", None, "noah"))
    here = f"/registrations/{school.id}"
    page = admin.get(f"{here}/remove").text
    assert re.search(r"People known by name</dt><dd>1<", page)
    assert f'action="/admin{here}/disable"' in page
    assert admin.post(f"{here}/remove", seen_on=f"{here}/remove").status_code == 200
    assert deps.registrations.find(school.id)
    answer = admin.post(f"{here}/remove", seen_on=f"{here}/remove", sure="1")
    assert answer.headers["Location"] == "/admin?done=removed"
    assert deps.registrations.find(school.id) is None


@pytest.mark.parametrize("path", ["", "/remove"])
def test_a_registration_that_is_gone_is_not_found(admin: Admin, path: str) -> None:
    page = admin.get(f"/registrations/0123456789abcdef{path}")
    assert (page.status_code, "registration_unknown" in page.text) == (404, True)


@pytest.mark.parametrize(
    ("kind", "fields", "issuer", "login"),
    [
        (
            "canvas",
            {"address": "https://school.instructure.com/"},
            "https://canvas.instructure.com",
            "https://sso.canvaslms.com/api/lti/authorize_redirect",
        ),
        (
            "canvas",
            {"address": "https://canvas.school.example"},
            "https://canvas.school.example",
            "https://canvas.school.example/api/lti/authorize_redirect",
        ),
        (
            "moodle",
            {"address": "https://school.example/moodle/"},
            "https://school.example/moodle",
            "https://school.example/moodle/mod/lti/auth.php",
        ),
        (
            "sakai",
            {
                "address": "https://sakai.example",
                "auth_token_url": "https://sakai.example/imsblis/lti13/token/4",
            },
            "https://sakai.example",
            "https://sakai.example/imsoidc/lti13/oidc_auth",
        ),
        (
            "other",
            {
                "issuer": "https://lms.example/x",
                "auth_login_url": "https://lms.example/login",
                "auth_token_url": "https://lms.example/token",
                "jwks_url": "https://lms.example/keys",
            },
            "https://lms.example/x",
            "https://lms.example/login",
        ),
    ],
)
def test_an_lms_is_added_from_its_own_address(
    admin: Admin, deps: WebDeps, kind: str, fields: dict[str, str], issuer: str, login: str
) -> None:
    here = f"/add/{kind}"
    answer = admin.post(here, seen_on=here, name="A: school", client_id="abc", deployment="1", **fields)
    assert answer.status_code == 303, answer.text
    (found,) = deps.registrations.all()
    assert (found.issuer, found.auth_login_url, found.platform) == (issuer, login, kind)
    assert found.deployments == frozenset({"1"})
    again = admin.post(here, seen_on=here, name="A: school", client_id="abc", **fields)
    assert (again.status_code, 'role="alert"' in again.text) == (409, True)
    assert 'value="abc"' in again.text


@pytest.mark.parametrize(
    "address", ["", "ftp://x.example", "https://", "http://moodle.example", "javascript:1"]
)
def test_an_address_that_is_none_is_refused_in_place(admin: Admin, deps: WebDeps, address: str) -> None:
    answer = admin.post("/add/moodle", seen_on="/add/moodle", name="x", client_id="y", address=address)
    assert answer.status_code == 400
    assert "https://" in unescape(re.sub("<[^>]+>", "", answer.text))
    assert list(deps.registrations.all()) == []


def test_an_invitation_is_shown_once_and_can_be_revoked(admin: Admin, deps: WebDeps) -> None:
    page = admin.post("/invitations", seen_on="/invitations", note="South School")
    assert page.status_code == 200
    address = re.search(r"(http://[^<\"]+/lti/register\?invitation=[\w-]+)", page.text)
    assert address
    shown = admin.get("/invitations").text
    assert "South School" in shown
    assert address[1] not in shown
    (made,) = deps.administration.invitations()
    assert made.terms == InvitationTerms()
    admin.post("/invitations/revoke", seen_on="/invitations", invitation=made.id)
    assert list(deps.administration.invitations()) == []


@pytest.mark.parametrize("term", ["trusted", "approve_first_deployment", "private_network"])
def test_an_invitation_allows_what_was_ticked(admin: Admin, deps: WebDeps, term: str) -> None:
    admin.post("/invitations", seen_on="/invitations", note="South School", **{term: "1"})
    (made,) = deps.administration.invitations()
    assert made.terms == InvitationTerms(**{term: True})
    deps.administration.revoke_invitation(made.id, by="test")


def test_keys_are_shown_and_rotated(admin: Admin, deps: WebDeps) -> None:
    before = deps.tool_keys.jwks()["keys"][0]["kid"]
    assert before in admin.get("/keys").text
    assert admin.post("/keys/rotate", seen_on="/keys").status_code == 303
    after = admin.get("/keys?done=rotated").text
    assert "A new key was made." in after
    assert all(key["kid"] in after for key in deps.tool_keys.jwks()["keys"])
    assert len(deps.tool_keys.jwks()["keys"]) == 2


@pytest.mark.parametrize("who", ["noah", "Noah@School.example", "participant"])
def test_somebody_is_shut_out_and_let_in_again(
    admin: Admin, deps: WebDeps, school: Registration, who: str
) -> None:
    participant = participant_id(school.id, "noah")
    deps.people.remember(school.id, participant, Person("Noah Kim", "noah@school.example", None, "noah"))
    typed = participant if who == "participant" else who
    admin.post("/people/block", seen_on="/people", registration=school.id, who=typed)
    assert "Noah Kim" in admin.get("/people").text
    assert [one.participant for one in deps.admin.blocks.of(school.id)] == [participant]
    assert "Noah" not in str(deps.audit.latest(5))
    admin.post("/people/unblock", seen_on="/people", registration=school.id, participant=participant)
    assert deps.admin.blocks.of(school.id) == []


def test_nobody_of_that_name_is_said_in_place(admin: Admin, school: Registration) -> None:
    answer = admin.post("/people/block", seen_on="/people", registration=school.id, who="nobody@x.example")
    assert (answer.status_code, "nobody@x.example" in answer.text) == (404, True)


def test_the_audit_log_tells_who_did_what(admin: Admin, deps: WebDeps, school: Registration) -> None:
    here = f"/registrations/{school.id}"
    admin.post(f"{here}/disable", seen_on=here)
    page = admin.get("/log").text
    assert "Platform switched off" in page
    assert "cli:anna" in page
    assert f'href="/admin{here}"' in page


def test_one_of_the_file_is_read_only(
    site: str, deps: WebDeps, admin: Admin, school: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RegistrationList, "is_read_only", lambda *_: True)
    here = f"/registrations/{school.id}"
    page = admin.get(here).text
    assert "stands in a file" in page
    assert f'action="/admin{here}/disable"' not in page
    assert f'action="/admin{here}/edit"' not in page


def test_names_are_written_as_text_everywhere(admin: Admin, deps: WebDeps) -> None:
    deps.registrations.insert(a_school("<script>alert(1)</script>", "evil"))
    deps.administration.disable(deps.registrations.all()[0].id, by="<img src=x>")
    for path in PAGES:
        page = admin.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x>" not in page


def test_german(admin: Admin) -> None:
    page = requests.get(
        f"{admin.site}/admin",
        headers={"Cookie": f"{COOKIE}={admin.cookie}", "Accept-Language": "de"},
        timeout=5,
    )
    assert "Noch keine Plattform" in page.text
