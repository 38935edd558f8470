"""Learners of the course who never opened the room."""

from lti_room.rooms.attendance import Kind, Status, summary
from lti_room.usecases.grading.grade_lines import LineState
from lti_room.usecases.people import Person
from lti_room.usecases.room_settings import RoomSettings
from tests.usecases.grading.world import MEI, NOAH, OMAR, PRIYA, ROOM, World, course, refused


def test_learners_of_the_course_who_never_came_are_absent_and_left_out(world: World) -> None:
    world.course = course("noah", "mei", "omar")
    world.session({NOAH: 60})
    book = world.book.of(ROOM)
    assert book.never_came == {MEI, OMAR}
    assert summary(book.sittings[0].standings.values())[Status.ABSENT] == 2
    assert world.points() == {NOAH: 10.0, MEI: 0.0, OMAR: 0.0}
    assert world.state(MEI) == (LineState.LEFT_OUT, None)
    assert (set(book.to_send), book.zeros_by_choice) == ({NOAH}, 2)
    assert world.send() == 1
    world.work()
    assert world.gradebook.given == {"sub-noah": 10.0}


def test_a_host_may_have_them_sent_too_and_only_their_ids_are_kept(world: World) -> None:
    world.course = course("noah", "mei", "omar")
    session = world.session({NOAH: 60})
    before = world.book.of(ROOM).draft
    world.book.choose_zeros(ROOM, True)
    book = world.book.of(ROOM)
    assert book.draft != before, "somebody who looked before the choice sends nothing unseen"
    assert (set(book.to_send), book.zeros_by_choice) == ({NOAH, MEI, OMAR}, 2)
    world.attendance.change(ROOM, session, OMAR, Status.EXCUSED)
    assert world.state(OMAR)[0] is LineState.NONE
    assert world.send() == 2
    world.work()
    assert world.gradebook.given == {"sub-noah": 10.0, "sub-mei": 0.0}
    assert world.people.person(world.registration.id, MEI) == Person(sub="sub-mei")
    assert world.people.names(world.registration.id, [MEI])[MEI].startswith("Participant ")
    assert world.people.person(world.registration.id, OMAR) is None
    assert world.book.of(ROOM).zeros_by_choice == 0


def test_the_choice_is_remembered_and_changes_nothing_that_was_sent(world: World) -> None:
    world.course = course("mei")
    world.session({NOAH: 60})
    world.book.choose_zeros(ROOM, True)
    world.send()
    world.work()
    assert world.room_settings.of(ROOM).zeros_for_never_came
    assert world.room_settings.of(ROOM).points == 10
    world.book.choose_zeros(ROOM, False)
    assert world.state(MEI) == (LineState.SENT, None)
    world.session({NOAH: 60})
    assert world.send() == 0


def test_somebody_a_teacher_marks_present_gets_their_points_without_the_choice(world: World) -> None:
    world.course = course("mei")
    session = world.session({NOAH: 60})
    world.attendance.change(ROOM, session, MEI, Status.PRESENT)
    assert world.points()[MEI] == 10.0
    assert world.send() == 2


def test_who_never_came_can_be_retried_and_stays_when_the_list_is_not_told(world: World) -> None:
    world.course = course("mei")
    world.session({NOAH: 60})
    world.book.choose_zeros(ROOM, True)
    world.gradebook.for_person["sub-mei"] = refused(400)
    world.send()
    world.work()
    world.course = course(error="service_unreachable")
    assert world.state(MEI) == (LineState.FAILED, "person_refused")
    world.gradebook.for_person.clear()
    assert world.book.retry(ROOM) == 1
    world.work()
    assert world.state(MEI) == (LineState.SENT, None)
    assert world.gradebook.given == {"sub-noah": 10.0, "sub-mei": 0.0}


def test_staff_and_the_test_student_of_the_record_never_count_as_missing(world: World) -> None:
    world.course = course("elena", "priya", "noah")
    world.session({NOAH: 60, PRIYA: 60}, {PRIYA: Kind.TEST})
    assert set(world.points()) == {NOAH}


def test_who_never_came_joins_the_class_like_anybody_else(world: World) -> None:
    world.course = course("noah", "mei")
    world.session({NOAH: 60})
    world.session({NOAH: 60, MEI: 60})
    assert world.book.of(ROOM).never_came == set()
    assert world.points() == {NOAH: 10.0, MEI: 5.0}


def test_a_list_that_fails_changes_nothing_else(world: World) -> None:
    world.course = course(error="service_unreachable")
    world.session({NOAH: 60})
    book = world.book.of(ROOM)
    assert (set(book.lines), book.course.error) == ({NOAH}, "service_unreachable")
    assert world.send() == 1


def test_a_room_that_sends_by_itself_waits_for_the_list_only_if_it_needs_it(world: World) -> None:
    world.room_settings.save(ROOM, RoomSettings(graded=True, points=10, send_by_itself=True))
    world.course = course(asking=True)
    world.session({NOAH: 60})
    world.book.follow_up()
    world.work()
    assert world.gradebook.given == {"sub-noah": 10.0}
    world.book.choose_zeros(ROOM, True)
    world.session({NOAH: 60, PRIYA: 60})
    world.book.follow_up()
    world.work()
    assert set(world.gradebook.given) == {"sub-noah"}
    world.course = course("mei")
    world.book.follow_up()
    world.work()
    assert world.gradebook.given == {"sub-noah": 10.0, "sub-priya": 5.0, "sub-mei": 0.0}
    assert world.attendance.ended() == []
