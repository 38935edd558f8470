"""A person's data: found, handed out whole, erased everywhere, and swept by age."""

import json
from dataclasses import replace

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.rooms.attendance import Kind, Status
from lti_room.usecases.administering.retention import Retention, Swept
from lti_room.usecases.chat import Chat
from lti_room.usecases.grading.attendance import Attendance
from lti_room.usecases.people import Person, participant_id
from lti_room.web import WebDeps
from tests.support import web

DAY = 86_400


@pytest.fixture
def noah(deps: WebDeps, redis: Redis, clock: FixedClock) -> tuple[RoomId, ParticipantId]:
    """Noah has been in a room: wrote, attended, is to get a grade. So has Emma."""
    room = RoomId("")
    for sub, name in (("noah", "Noah Kim"), ("emma", "Emma Roth")):
        launch = web.a_launch(sub=sub, name=name, email=f"{sub}@school.example")
        room = deps.enter.enter(launch, {}).room
        who = participant_id("reg1", sub)
        Chat(redis).post(room, who, f"Hello from {name}", sub)
        attendance = Attendance(redis, 30)
        attendance.came(room, SessionId("s_1"), clock.now(), who, Kind.LEARNER, clock.now())
        grade = {"value": 1.0, "maximum": 2.0, "state": "sent", "sent_at": clock.now()}
        redis.hset(f"grades:{room}", who, json.dumps(grade))
        redis.zadd("grades:lane:reg1", {f"{room}|{who}": clock.now()})
    return room, participant_id("reg1", "noah")


def everything(redis: Redis) -> str:
    """All values of a Redis as one text."""
    found: list[object] = []
    for key in sorted(redis.scan_iter()):
        kind = redis.type(key)
        match kind:
            case b"string":
                found.append(redis.get(key))
            case b"hash":
                found.append(redis.hgetall(key))
            case b"stream":
                found.append(redis.xrange(key))
            case b"set":
                found.append(redis.smembers(key))
            case b"zset":
                found.append(redis.zrange(key, 0, -1))
    return repr(found)


def test_an_export_holds_everything_about_one_person_and_nobody_else(
    deps: WebDeps, noah: tuple[RoomId, ParticipantId]
) -> None:
    room, who = noah
    held = deps.admin.privacy.export("reg1", who, by="cli:anna")
    told = {"name": "Noah Kim", "email": "noah@school.example", "sub": "noah"}
    assert held["person"] | told == held["person"]
    (found,) = held["rooms"]
    assert found["room"] == room
    assert [one["text"] for one in found["messages"]] == ["Hello from Noah Kim"]
    assert found["attendance"][0]["session"] == "s_1"
    assert found["grade"]["value"] == 1.0
    assert len(held["launches"]) == 1
    whole = json.dumps(held)
    assert "Emma" not in whole
    assert "emma" not in whole
    assert participant_id("reg1", "emma") not in whole


def test_erasing_leaves_no_trace_of_a_person_and_all_of_the_others(
    deps: WebDeps, redis: Redis, noah: tuple[RoomId, ParticipantId]
) -> None:
    _, who = noah
    erased = deps.admin.privacy.erase("reg1", who, by="cli:anna")
    assert (erased.person, erased.launches, erased.messages, erased.sessions, erased.grades) == (
        1,
        1,
        1,
        1,
        1,
    )
    left = everything(redis)
    assert "Noah" not in left
    assert "noah" not in left
    assert left.count("Emma") == 2
    assert deps.people.names("reg1", [who])[who] == f"Participant {who[-4:].upper()}"


def test_erasing_twice_does_nothing_more(deps: WebDeps, noah: tuple[RoomId, ParticipantId]) -> None:
    deps.admin.privacy.erase("reg1", noah[1], by="cli:anna")
    again = deps.admin.privacy.erase("reg1", noah[1], by="cli:anna")
    assert again == replace(again, person=0, launches=0, messages=0, sessions=0, grades=0)


def test_the_audit_log_holds_nothing_about_the_person(
    deps: WebDeps, noah: tuple[RoomId, ParticipantId]
) -> None:
    _, who = noah
    deps.admin.privacy.export("reg1", who, by="cli:anna")
    deps.admin.privacy.erase("reg1", who, by="cli:anna")
    written = repr(deps.audit.latest(10))
    assert "person_erased" in written
    assert "person_exported" in written
    assert not any(secret in written for secret in ("Noah", "noah", who))


@pytest.mark.parametrize("given", ["noah", "NOAH@school.example", "participant"])
def test_somebody_is_found_by_any_of_their_ids(
    deps: WebDeps, noah: tuple[RoomId, ParticipantId], given: str
) -> None:
    wanted = noah[1] if given == "participant" else given
    assert deps.admin.privacy.find("reg1", wanted) == noah[1]


@pytest.mark.parametrize("graded", [False, True])
def test_somebody_who_never_launched_is_found_handed_out_and_erased(
    deps: WebDeps, redis: Redis, noah: tuple[RoomId, ParticipantId], graded: bool
) -> None:
    """A teacher excused them in one session; once a grade of theirs was sent their LMS user id is kept."""
    room, mei = noah[0], participant_id("reg1", "mei-tanaka")
    Attendance(redis, 30).change(room, SessionId("s_1"), mei, Status.EXCUSED)
    if graded:
        deps.people.keep_subs("reg1", {mei: "mei-tanaka"})
        deps.grades.queue.put("reg1", room, {mei: 0.0}, 10.0, 0.0)
    assert deps.admin.privacy.find("reg1", "mei-tanaka") == mei
    (found,) = deps.admin.privacy.export("reg1", mei, by="cli:anna")["rooms"]
    assert found["attendance"] == [{"session": "s_1", "stays": [], "status": "excused"}]
    erased = deps.admin.privacy.erase("reg1", mei, by="cli:anna")
    assert (erased.sessions, erased.grades, erased.person) == (1, int(graded), int(graded))
    left = everything(redis)
    assert mei not in left
    assert "mei-tanaka" not in left


@pytest.mark.parametrize("given", ["", "nobody", "nobody@school.example"])
def test_nobody_is_found_by_anything_else(
    deps: WebDeps, noah: tuple[RoomId, ParticipantId], given: str
) -> None:
    with pytest.raises(AppError) as refused:
        deps.admin.privacy.find("reg1", given)
    assert refused.value.code == "person_unknown"


def test_an_email_of_two_people_is_not_guessed(deps: WebDeps, noah: tuple[RoomId, ParticipantId]) -> None:
    deps.people.remember("reg1", ParticipantId("p_x"), Person("N", "noah@school.example", None, "n2"))
    with pytest.raises(AppError) as refused:
        deps.admin.privacy.of_email("reg1", "noah@school.example")
    assert refused.value.code == "person_ambiguous"


def test_row_125_the_same_email_of_another_platform_is_somebody_else(
    deps: WebDeps, redis: Redis, noah: tuple[RoomId, ParticipantId]
) -> None:
    deps.enter.enter(
        web.a_launch(registration_id="reg2", sub="other", name="Noah B", email="noah@school.example"), {}
    )
    deps.admin.privacy.erase("reg1", noah[1], by="cli:anna")
    assert "Noah B" in everything(redis)


def retention(deps: WebDeps, days: int | None) -> Retention:
    """The sweep of an installation whose only platform keeps data for so many days (None: the default)."""
    entry: dict[str, object] = {
        "name": "School",
        "issuer": "https://lms.example",
        "client_id": "1",
        **dict.fromkeys(("auth_login_url", "auth_token_url", "jwks_url"), "https://lms.example/x"),
    }
    found = replace(from_mapping(entry), id="reg1", retention_days=days)
    known = RegistrationList([found], clock=deps.clock)
    return Retention(deps.redis, deps.clock, deps.settings, known, deps.people, deps.launches, "test")


def ended_long_ago(redis: Redis, room: RoomId, clock: FixedClock) -> None:
    """The session ends; the chat, which Redis dates itself, is written again with an old time."""
    Attendance(redis, 30).running_is(room, None, clock.now() + 60)
    stream = Chat.stream(room)
    entries = redis.xrange(stream)
    texts = redis.hgetall(f"{stream}:text")
    redis.delete(stream, f"{stream}:text")
    for number, (seq, fields) in enumerate(entries):
        old = f"{int(clock.now() * 1000)}-{number}"
        redis.xadd(stream, fields, id=old)
        redis.hset(f"{stream}:text", old, texts[seq])


def test_what_is_too_old_goes_and_the_room_stays(
    deps: WebDeps, redis: Redis, clock: FixedClock, noah: tuple[RoomId, ParticipantId]
) -> None:
    room, who = noah
    ended_long_ago(redis, room, clock)
    sweep = retention(deps, 30)
    clock.advance(29 * DAY)
    assert sweep.tick() == Swept()
    clock.advance(2 * DAY)
    swept = sweep.tick()
    assert swept == Swept(people=2, messages=2, sessions=1, links=1, grades=2)
    assert deps.people.person("reg1", who) is None
    assert deps.store.load(room).version > 0
    assert "Noah Kim" not in everything(redis).replace("launch:", "")
    assert sweep.tick() == Swept()


def test_somebody_who_came_back_stays(
    deps: WebDeps, redis: Redis, clock: FixedClock, noah: tuple[RoomId, ParticipantId]
) -> None:
    clock.advance(29 * DAY)
    deps.enter.enter(web.a_launch(email="noah@school.example"), {})
    clock.advance(2 * DAY)
    retention(deps, 30).tick()
    assert deps.people.person("reg1", noah[1])
    assert deps.people.person("reg1", participant_id("reg1", "emma")) is None


@pytest.mark.parametrize(("own", "gone"), [(0, False), (None, True), (400, False)])
def test_a_platform_may_keep_longer_or_for_ever(
    deps: WebDeps, clock: FixedClock, noah: tuple[RoomId, ParticipantId], own: int | None, gone: bool
) -> None:
    clock.advance((deps.settings.retention_days + 1) * DAY)
    retention(deps, own).tick()
    assert (deps.people.person("reg1", noah[1]) is None) is gone


def test_somebody_of_a_course_list_who_never_came_goes_too(
    deps: WebDeps, redis: Redis, clock: FixedClock
) -> None:
    deps.people.remember("reg1", ParticipantId("p_listed"), Person("Listed", None, None, "l"))
    sweep = retention(deps, 30)
    assert sweep.tick() == Swept()
    clock.advance(31 * DAY)
    assert sweep.tick().people == 1
