"""Whose sound is sent, packet by packet: 20 ms of speech at a time."""

from lti_room.base.ids import ParticipantId
from lti_room.media.sfu.adapting.voices import HOLD_SECONDS, Voices

A, B, C, D, E = (ParticipantId(f"p_{name}") for name in "abcde")
SPEECH, SHOUT, SILENCE = 30, 15, 127


class Talk:
    """A room in which people speak."""

    def __init__(self, *people: ParticipantId) -> None:
        self.now = 100.0
        self.voices = Voices()
        for who in people:
            self.voices.opened(who, self.now)

    def speak(self, seconds: float, **levels: int) -> None:
        """Let people send packets; who is not named sends silence."""
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            for who in sorted(self.voices.open):
                self.voices.heard(who, levels.get(who[2:], SILENCE), self.now)

    @property
    def audible(self) -> set[ParticipantId]:
        return self.voices.audible


def test_up_to_three_open_microphones_are_always_audible() -> None:
    talk = Talk(A, B, C)
    talk.speak(30.0)
    assert talk.audible == {A, B, C}


def test_who_begins_is_let_in_with_the_first_packet() -> None:
    talk = Talk(A, B, C, D)
    talk.speak(5.0, a=SPEECH)
    assert D not in talk.audible
    assert talk.voices.heard(D, SPEECH, talk.now)
    assert D in talk.audible
    assert A in talk.audible, "who speaks is not the one to leave"


def test_a_lone_speaker_stays_audible() -> None:
    talk = Talk(A, B, C, D, E)
    talk.speak(1.0, e=SPEECH)
    for _ in range(20):
        talk.speak(1.0)
        talk.speak(0.5, e=SPEECH)
        assert E in talk.audible


def test_a_pause_within_a_sentence_costs_no_place() -> None:
    talk = Talk(A, B, C, D)
    talk.speak(1.0, a=SPEECH, b=SPEECH, c=SPEECH)
    talk.speak(HOLD_SECONDS * 0.8, b=SPEECH, c=SPEECH, d=SPEECH)
    assert A in talk.audible
    assert D not in talk.audible
    talk.speak(HOLD_SECONDS * 0.5, b=SPEECH, c=SPEECH, d=SPEECH)
    assert talk.audible == {B, C, D}


def test_a_much_louder_voice_drowns_the_softest_of_three_that_speak() -> None:
    talk = Talk(A, B, C, D)
    talk.speak(1.0, a=40, b=SPEECH, c=SPEECH)
    talk.speak(0.2, a=40, b=SPEECH, c=SPEECH, d=SHOUT)
    assert D not in talk.audible, "a cough"
    talk.speak(0.4, a=40, b=SPEECH, c=SPEECH, d=SHOUT)
    assert talk.audible == {B, C, D}


def test_equal_voices_do_not_take_turns() -> None:
    talk = Talk(A, B, C, D, E)
    talk.speak(1.0, a=SPEECH, b=SPEECH, c=SPEECH)
    swaps = 0
    for _ in range(500):
        before = set(talk.audible)
        talk.speak(0.02, a=30, b=31, c=32, d=29, e=30)
        swaps += before != talk.audible
    assert swaps == 0


def test_a_free_place_is_given_to_who_spoke_last() -> None:
    talk = Talk(A, B, C, D, E)
    talk.speak(0.5, e=SPEECH)
    talk.speak(2.0)
    talk.speak(0.5, d=SPEECH)
    assert {D, E} <= talk.audible
    talk.speak(2.0, a=SPEECH, b=SPEECH, c=SPEECH)
    assert talk.audible == {A, B, C}
    talk.voices.closed(B)
    assert talk.audible == {A, C, D}
    talk.voices.closed(A)
    talk.voices.closed(C)
    assert talk.audible == {D, E}


def test_levels_of_a_closed_microphone_mean_nothing() -> None:
    talk = Talk(A, B, C)
    assert not talk.voices.heard(D, SPEECH, talk.now)
    talk.voices.closed(D)
    assert talk.audible == {A, B, C}
