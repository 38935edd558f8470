"""What viewers of a room get, with lines and layers made up and the clock in hand."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.media.backend import Endpoint, LayersWanted, MediaEvent, MediaSource, PicturesPaused, View
from lti_room.media.sfu.adapting.adaptation import Adaptation
from lti_room.media.sfu.adapting.allocator import CAMERA_RATES
from lti_room.media.sfu.adapting.viewer import WEAK_FOR_SECONDS
from lti_room.media.sfu.adapting.wishes import OFF_AFTER_SECONDS, REPEAT_SECONDS
from lti_room.media.sfu.congestion.silence import NOTHING_UNANSWERED, Unanswered

ROOM = RoomId("r_1")
CAMERA = MediaSource.CAMERA
RIDS = ("l", "m", "h")


class Layer:
    """A layer that flows at its usual rate."""

    def __init__(self, rank: int, rate: int) -> None:
        self.rank, self.rate = rank, rate
        self.open = self.flows = True

    def live(self, now: float) -> bool:
        return self.flows

    def bits_per_second(self, now: float) -> int:
        return self.rate if self.flows else 0


class Media:
    def __init__(self, rids: tuple[str, ...]) -> None:
        self.rids = rids


class Track:
    """A camera with three layers, or a microphone."""

    def __init__(self, who: str, kind: str = "video", rids: tuple[str, ...] = RIDS) -> None:
        self.participant = ParticipantId(who)
        self.kind = kind
        self.source = CAMERA if kind == "video" else MediaSource.MICROPHONE
        self.media = Media(rids)
        self.open = True
        rates = CAMERA_RATES if kind == "video" else (40_000,)
        self.layers = [Layer(rank, rate) for rank, rate in enumerate(rates)]


class Uplink:
    def __init__(self, track: Track) -> None:
        self.who = Endpoint(ROOM, track.participant, ConnectionId(f"c_{track.participant}"))
        self.tracks = {"1": track}


class Estimate:
    """An estimate that says what the test wants."""

    def __init__(self) -> None:
        self.moved = True
        self.asked = 0
        self.bits = 50_000_000
        self.held = False
        self.answers = True
        self.targets: list[int] = []
        self.alarm: Callable[[float], None] | None = None

    @property
    def bits(self) -> int:
        return self._bits

    @bits.setter
    def bits(self, bits: int) -> None:
        self._bits, self.moved = bits, True

    @property
    def held(self) -> bool:
        return self._held

    @held.setter
    def held(self, held: bool) -> None:
        self._held, self.moved = held, True

    def available(self, now: float) -> int:
        self.asked += 1
        return self.bits

    def draining(self, now: float) -> bool:
        return self.held

    def sending(self, bits_per_second: float, now: float) -> None: ...

    def unanswered(self, waiting: Unanswered, now: float) -> None: ...

    def begins(self, now: float) -> None: ...

    def may_probe(self, now: float) -> bool:
        return True

    def next_probe(self, target: int, now: float) -> int:
        self.targets.append(target)
        return 1000

    def beacon(self, now: float) -> int:
        return 60


class Line:
    def __init__(self, who: str = "p_viewer") -> None:
        self.who = Endpoint(ROOM, ParticipantId(who), ConnectionId(f"c_{who}"))
        self.estimator = Estimate()
        self.chosen: dict[str, int | None] = {}
        self.choices = 0
        self.padding: list[int] = []

    def choose(self, track: Track, rank: int | None) -> None:
        self.chosen[track.participant] = rank
        self.choices += 1

    def send_padding(self, octets: int) -> None:
        self.padding.append(octets)

    def sent_bits_per_second(self, now: float) -> int:
        return 0

    def unanswered(self) -> Unanswered:
        return NOTHING_UNANSWERED

    def unanswered_since(self) -> float:
        return NOTHING_UNANSWERED.oldest


class Scene:
    """A room with cameras and viewers."""

    def __init__(self, *cameras: str, voices: int = 0) -> None:
        self.told: list[MediaEvent] = []
        self.adaptation = Adaptation(self.told.append)
        self.tracks = [Track(who) for who in cameras]
        self.uplinks = [Uplink(track) for track in self.tracks]
        self.voices = [Track(f"p_voice{n}", "audio", ()) for n in range(voices)]
        self.now = 100.0
        self.offer()

    def offer(self) -> None:
        self.adaptation.offer([*self.tracks, *self.voices])  # type: ignore[list-item]

    def join(self, line: Line, **tiles: int) -> Line:
        self.adaptation.join(line)  # type: ignore[arg-type]
        if tiles:
            self.show(line, **tiles)
        return line

    def show(self, line: Line, *, low_data: bool = False, **tiles: int) -> None:
        view = View({(ParticipantId(f"p_{name}"), CAMERA): size for name, size in tiles.items()}, low_data)
        self.adaptation.show(line.who.connection, view)

    def run(self, seconds: float, loudest: str | None = None) -> None:
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            who = ParticipantId(loudest) if loudest else None
            self.adaptation.tick(self.uplinks, who, self.now)  # type: ignore[arg-type]

    def wanted(self, who: str) -> tuple[str, ...]:
        """What a publisher was told last."""
        told = [e for e in self.told if isinstance(e, LayersWanted) and e.connection == f"c_{who}"]
        return told[-1].active[CAMERA]

    def paused(self) -> list[tuple[set[str], bool]]:
        """What was said of paused pictures, and whether the line is weak."""
        found = [event for event in self.told if isinstance(event, PicturesPaused)]
        return [({who for who, _ in event.tiles}, event.weak) for event in found]


def test_before_a_page_has_said_what_it_shows_it_gets_the_lowest_layers() -> None:
    scene = Scene("p_a", "p_b")
    line = scene.join(Line())
    scene.run(1.0)
    assert line.chosen == {"p_a": 0, "p_b": 0}


def test_what_is_shown_decides_and_what_is_hidden_is_not_sent() -> None:
    scene = Scene("p_a", "p_b", "p_c")
    line = scene.join(Line(), a=720, b=120)
    scene.run(1.0)
    assert line.chosen == {"p_a": 2, "p_b": 0, "p_c": None}
    scene.show(line)
    scene.run(0.1)
    assert line.chosen == {"p_a": None, "p_b": None, "p_c": None}


def test_a_line_that_gets_everything_is_seldom_looked_at() -> None:
    scene = Scene("p_a")
    calm = scene.join(Line("p_calm"), a=720)
    narrow = scene.join(Line("p_narrow"), a=720)
    narrow.estimator.bits = 300_000
    scene.run(1.0)
    before = calm.estimator.asked, narrow.estimator.asked
    scene.run(4.0)
    assert calm.estimator.asked - before[0] <= 10
    assert narrow.estimator.asked - before[1] >= 40


def test_a_line_that_becomes_narrow_is_noticed_at_once_however_calm_it_was() -> None:
    scene = Scene("p_a")
    line = scene.join(Line(), a=720)
    scene.run(3.0)
    for _ in range(6):  # in whatever tenth of a second it happens
        assert line.chosen == {"p_a": 2}
        line.estimator.bits = 250_000
        scene.run(0.1)
        assert line.chosen == {"p_a": 0}
        line.estimator.bits = 50_000_000
        scene.run(1.4)


def test_pictures_that_take_more_than_before_are_looked_at_again() -> None:
    scene = Scene("p_a", "p_b")
    line = scene.join(Line(), a=720, b=720)
    line.estimator.bits = 4_000_000
    scene.run(3.0)
    assert line.chosen == {"p_a": 2, "p_b": 2}
    scene.tracks[0].layers[2].rate *= 2
    scene.run(4.0)
    assert sorted(rank or 0 for rank in line.chosen.values()) < [2, 2]


def test_nobody_gets_himself() -> None:
    scene = Scene("p_a", "p_b")
    line = scene.join(Line("p_a"), a=720, b=720)
    scene.run(1.0)
    assert line.chosen == {"p_b": 2}


def test_sound_is_taken_off_first() -> None:
    scene = Scene("p_a", voices=3)
    line = Line()
    line.estimator.bits = int((CAMERA_RATES[0] + 3 * 40_000) / 0.9) + 20_000
    scene.join(line, a=720)
    scene.run(1.0)
    assert line.chosen == {"p_a": 0}
    line.estimator.bits = CAMERA_RATES[0] + 2 * 40_000
    scene.run(1.0)
    assert line.chosen == {"p_a": None}


def test_a_queue_holds_all_pictures_back_and_asks_whether_it_is_gone() -> None:
    scene = Scene("p_a", "p_b")
    line = scene.join(Line(), a=720, b=720)
    scene.run(1.0)
    line.estimator.held = True
    scene.run(0.1)
    assert line.chosen == {"p_a": None, "p_b": None}
    assert line.padding[-1] == 60
    line.estimator.held = False
    scene.run(1.0)
    assert line.chosen == {"p_a": 2, "p_b": 2}


def test_who_is_limited_probes_for_what_comes_next_and_others_do_not() -> None:
    scene = Scene("p_a", voices=1)
    limited, content = Line("p_x"), Line("p_y")
    limited.estimator.bits = 700_000
    scene.join(limited, a=720)
    scene.join(content, a=720)
    scene.run(1.0)
    assert limited.chosen == {"p_a": 1}
    assert set(limited.padding) == {1000}
    assert limited.estimator.targets[-1] == pytest.approx(CAMERA_RATES[2] / 0.9 + 40_000, abs=2)
    assert content.padding == []


def test_keyframes_are_spread() -> None:
    """25 pictures at once on a line that just carries them would begin with a queue of keyframes."""
    names = [f"p_{n}" for n in range(25)]
    scene = Scene(*names)
    line = Line()
    line.estimator.bits = int(25 * CAMERA_RATES[0] / 0.9) + 1
    scene.join(line, **{str(n): 90 for n in range(25)})
    begun = []
    for _ in range(40):
        scene.run(0.1)
        begun.append(sum(rank == 0 for rank in line.chosen.values()))
    assert begun[0] <= 20
    assert begun[-1] == 25
    steps = [after - before for before, after in pairwise(begun)]
    assert max(steps) <= 8


def test_an_estimate_that_trembles_changes_nothing() -> None:
    scene = Scene("p_a", "p_b")
    line = Line()
    line.estimator.bits = 1_200_000
    scene.join(line, a=720, b=720)
    scene.run(2.0)
    before, chosen = line.choices, dict(line.chosen)
    for n in range(100):
        line.estimator.bits = 1_200_000 + (n % 3 - 1) * 60_000
        scene.run(0.1)
    assert line.chosen == chosen
    assert line.choices == before


def test_who_speaks_is_served_first_on_a_narrow_line() -> None:
    scene = Scene("p_a", "p_b")
    line = Line()
    line.estimator.bits = int(CAMERA_RATES[0] / 0.9) + 1000
    scene.join(line, a=300, b=300)
    scene.run(1.0, loudest="p_b")
    assert line.chosen == {"p_a": None, "p_b": 0}
    scene.run(1.0, loudest="p_a")
    assert line.chosen == {"p_a": 0, "p_b": None}
    scene.run(1.0)
    assert line.chosen == {"p_a": 0, "p_b": None}, "silence changes nothing"


def test_paused_pictures_are_told_once_it_lasts_and_gone_at_once() -> None:
    scene = Scene("p_a")
    line = Line()
    scene.join(line, a=300)
    line.estimator.bits = 100_000
    scene.run(1.0)
    assert scene.paused() == []
    scene.run(2.0)
    assert scene.paused() == [({"p_a"}, True)]
    line.estimator.bits = 900_000
    scene.run(0.5)
    assert scene.paused()[1:] == [(set(), True)]
    scene.run(WEAK_FOR_SECONDS + 1.5)
    assert scene.paused()[2:] == [(set(), False)]


def test_saved_data_is_no_weak_line() -> None:
    scene = Scene(*(f"p_{n}" for n in range(6)))
    line = scene.join(Line())
    scene.show(line, low_data=True, **{str(n): 300 for n in range(6)})
    scene.run(3.0)
    [(tiles, weak)] = scene.paused()
    assert len(tiles) == 2
    assert not weak
    assert sorted(rank for rank in line.chosen.values() if rank is not None) == [0] * 4


def test_a_publisher_is_told_what_somebody_watches() -> None:
    scene = Scene("p_a", "p_b")
    one, two = scene.join(Line("p_x"), a=720), scene.join(Line("p_y"), a=300)
    scene.run(0.2)
    assert scene.wanted("p_a") == ("l", "m", "h")
    assert scene.wanted("p_b") == ("l",), "whoever comes next sees something at once"
    scene.show(one, a=90)
    scene.run(OFF_AFTER_SECONDS - 0.5)
    assert scene.wanted("p_a") == ("l", "m", "h"), "not at once"
    scene.run(1.0)
    assert scene.wanted("p_a") == ("l", "m")
    scene.adaptation.leave(two)  # type: ignore[arg-type]
    scene.run(OFF_AFTER_SECONDS + 0.5)
    assert scene.wanted("p_a") == ("l",)
    scene.show(one, a=720)
    scene.run(0.1)
    assert scene.wanted("p_a") == ("l", "h"), "at once"


def test_a_layer_that_stands_in_for_one_that_does_not_flow_stays_on() -> None:
    scene = Scene("p_a")
    scene.join(Line(), a=720)
    highest = scene.tracks[0].layers[2]
    highest.flows = False
    scene.run(OFF_AFTER_SECONDS + 2)
    assert scene.wanted("p_a") == ("l", "m", "h"), "the publisher's line does not carry the highest"
    highest.flows = True
    scene.run(OFF_AFTER_SECONDS + 2)
    assert scene.wanted("p_a") == ("l", "h")


def test_a_publisher_is_told_again_now_and_then_and_when_it_comes_back() -> None:
    scene = Scene("p_a")
    scene.run(1.0)
    assert len(scene.told) == 1
    scene.run(REPEAT_SECONDS)
    assert len(scene.told) == 2
    scene.adaptation.published(scene.uplinks[0])  # type: ignore[arg-type]
    scene.run(0.1)
    assert len(scene.told) == 3


def test_a_browser_without_layers_is_told_nothing() -> None:
    scene = Scene()
    plain = Track("p_a", rids=())
    plain.layers = plain.layers[:1]
    scene.tracks, scene.uplinks = [plain], [Uplink(plain)]
    scene.offer()
    line = scene.join(Line(), a=720)
    scene.run(1.0)
    assert line.chosen == {"p_a": 0}
    assert scene.told == []


def test_a_track_that_goes_and_one_that_comes() -> None:
    scene = Scene("p_a")
    line = scene.join(Line(), a=720, b=720)
    scene.run(0.2)
    gone = scene.tracks.pop()
    scene.tracks.append(Track("p_b"))
    scene.uplinks = [Uplink(track) for track in scene.tracks]
    scene.offer()
    scene.run(0.2)
    assert line.chosen["p_b"] == 2
    assert gone not in scene.adaptation._viewers[line.who.connection].chosen


def test_a_page_that_subscribes_again_begins_anew() -> None:
    scene = Scene("p_a")
    old = scene.join(Line(), a=720)
    scene.run(0.2)
    new = scene.join(Line())
    scene.adaptation.leave(old)  # type: ignore[arg-type]
    scene.run(0.2)
    assert new.chosen == {"p_a": 0}


def test_an_alarm_stops_all_pictures_at_once_and_none_comes_after_leaving() -> None:
    scene = Scene("p_a", "p_b")
    line = scene.join(Line(), a=700, b=700)
    scene.run(2.0)
    assert set(line.chosen.values()) == {2}
    assert line.estimator.alarm is not None
    line.estimator.held = True
    line.estimator.alarm(scene.now)
    assert set(line.chosen.values()) == {None}
    line.estimator.held = False
    scene.run(0.2)
    assert None not in line.chosen.values(), "the line is free again: pictures begin without saving up for it"
    scene.adaptation.leave(line)  # type: ignore[arg-type]
    assert line.estimator.alarm is None
