"""From noted frames and statistics to what is printed: the measure itself must not lie."""

from typing import Any

import pytest

from benchmarks.network import quality
from benchmarks.network.quality import Frame
from benchmarks.network.scenarios import SCENARIOS, Seen


def film(begin: float, end: float, rate: float = 25, height: int = 540, number: int = 1) -> list[Frame]:
    return [
        Frame(begin + n / rate, number + n, height * 16 // 9, height)
        for n in range(round((end - begin) * rate))
    ]


def heard(concealed: dict[int, float], seconds: float) -> list[dict[str, Any]]:
    """Statistics every 250 ms; `concealed`: seconds made up in the n-th quarter."""
    made_up, samples = 0.0, []
    for n in range(int(seconds * 4) + 1):
        made_up += concealed.get(n, 0.0)
        entry = {
            "type": "inbound-rtp",
            "kind": "audio",
            "id": "a",
            "concealedSamples": made_up * 48_000,
            "totalSamplesReceived": n * 12_000,
            "concealmentEvents": sum(each <= n for each in concealed),
        }
        samples.append({"at": n * 250.0, "entries": [entry]})
    return samples


def value(seen: Seen, scenario: str, name: str) -> tuple[str, bool]:
    figures = {figure.name: figure for figure in SCENARIOS[scenario].judge(seen)}
    return figures[name].value, figures[name].ok


def test_a_film_that_runs_has_no_freezes() -> None:
    assert quality.freezes(film(0, 10), 1, 9) == []


def test_a_freeze_is_found_with_its_length_also_at_the_edges_of_the_span() -> None:
    seen = film(0, 2) + film(2.5, 4) + film(5, 6)
    found = [round(gap.seconds, 2) for gap in quality.freezes(seen, 0, 8)]
    assert found == [0.54, 1.02, 2.04]


def test_pictures_before_the_span_do_not_hide_that_none_came_in_it() -> None:
    assert quality.freezes(film(0, 1), 2, 4)[0].end == 4


def test_frames_the_page_was_not_told_of_make_gaps_longer_and_are_counted() -> None:
    every_tenth = film(0, 10)[::10]
    assert len(quality.freezes(every_tenth, 1, 9)) == 20
    assert quality.untold(every_tenth, 1, 9) == 9 * 19


def test_moving_again_is_the_end_of_the_last_freeze() -> None:
    seen = film(0, 10.5) + film(11, 12) + film(12.5, 20)
    assert quality.moving_since(seen, 10, 20) == pytest.approx(2.5)
    assert quality.moving_since(film(0, 20), 10, 20) == 0


def test_the_height_is_back_only_when_it_stays() -> None:
    seen = film(0, 12, height=270) + film(12, 13) + film(13, 14, height=270) + film(14, 20)
    assert quality.height_again(seen, 540, 10, 20) == pytest.approx(4)
    assert quality.height_again(film(0, 20, height=270), 540, 10, 20) is None


def test_all_concealment_is_counted_and_the_worst_window_named() -> None:
    sound = quality.sound(heard({5: 0.02, 9: 0.2}, 5), 0, 5)
    assert sound.concealed == pytest.approx(0.22)
    assert sound.events == 2
    assert sound.worst_window == pytest.approx(0.2)
    assert sound.worst_at == pytest.approx(9 / 4)
    assert sound.played == pytest.approx(5)


def test_a_span_without_sound_is_no_good_sound() -> None:
    seen = Seen(film(0, 30), [], 0, 30)
    assert value(seen, "viewer", "sound made up, worst 250 ms")[1] is False


def test_the_lossy_scenario_misses_its_goal_by_one_freeze() -> None:
    calm = Seen(film(0, 30), heard({}, 30), 1, 29)
    assert value(calm, "loss", "longest time without a new picture") == ("40 ms", True)
    torn = Seen(film(0, 10) + film(10.3, 30), heard({}, 30), 1, 29)
    assert value(torn, "loss", "longest time without a new picture") == ("340 ms", False)


def test_the_narrowing_scenario_wants_the_picture_to_follow_both_ways() -> None:
    down = film(0, 10) + film(12, 22, height=180)
    good = Seen(down + film(22, 30), heard({}, 30), 0, 30)
    assert value(good, "viewer", "down: moves without freezes after") == ("2.0 s", True)
    assert value(good, "viewer", "up: as high as before after") == ("2.0 s", True)
    stuck = Seen(down + film(22, 30, height=180), heard({}, 30), 0, 30)
    assert value(stuck, "viewer", "up: as high as before after") == ("not within 10 s", False)
    short = Seen(film(0, 5) + film(5, 15, height=180), heard({}, 15), 0, 15)
    assert {f.name: f.goal for f in SCENARIOS["viewer"].judge(short)}["up: as high as before after"] == ""
    frozen = Seen(film(0, 10) + film(20, 30), heard({}, 30), 0, 30)
    assert value(frozen, "viewer", "down: moves without freezes after")[1] is False
