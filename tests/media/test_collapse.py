"""A publisher's line that collapses, told from one that merely loses packets."""

import random  # noqa: TID251

import pytest

from lti_room.media.sfu.congestion.collapse import CALM_SECONDS, Collapse
from lti_room.media.sfu.forwarding.layer import Layer
from lti_room.media.sfu.subscribing.flow import flowing
from tests.media.test_uplink_streams import Sink


class Line:
    """Sends numbered packets at an even pace and loses a share of them."""

    def __init__(self, seed: int = 1) -> None:
        self.collapse = Collapse()
        self.now = 100.0
        self.number = 65_400
        self.ever = False
        self._chance = random.Random(seed)

    def send(self, seconds: float, rate: int, loss: float) -> None:
        for _ in range(int(seconds * rate)):
            self.now += 1 / rate
            self.number += 1
            if self._chance.random() >= loss:
                self.collapse.arrived(self.number & 0xFFFF, self.now)
            self.ever = self.ever or self.collapse.now_on


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("loss", [0.0, 0.05, 0.15])
def test_chance_is_no_collapse(loss: float, seed: int) -> None:
    line = Line(seed)
    line.send(30.0, 200, loss)
    assert not line.ever


@pytest.mark.parametrize("seed", range(5))
def test_a_full_queue_is_noticed_within_a_quarter_of_a_second(seed: int) -> None:
    line = Line(seed)
    line.send(5.0, 250, 0.0)
    line.send(0.25, 250, 0.85)
    assert line.collapse.now_on


def test_it_ends_when_the_loss_has_been_gone_for_a_while() -> None:
    line = Line()
    line.send(1.0, 250, 0.0)
    line.send(0.5, 250, 0.8)
    line.send(CALM_SECONDS * 0.8, 50, 0.0)
    assert line.collapse.now_on
    line.send(CALM_SECONDS, 50, 0.0)
    assert not line.collapse.now_on


@pytest.mark.parametrize("rate", [30, 200])
def test_it_ends_though_the_line_goes_on_losing_some(rate: int) -> None:
    line = Line()
    line.send(1.0, 250, 0.15)
    line.send(0.5, 250, 0.85)
    line.send(CALM_SECONDS + 1.0, rate, 0.15)
    assert not line.collapse.now_on


def test_a_few_packets_prove_nothing() -> None:
    line = Line()
    line.send(3.0, 50, 0.0)
    line.send(0.2, 50, 0.8)
    assert not line.ever


def test_each_change_is_told_once() -> None:
    collapse = Collapse()
    told = [collapse.arrived(n * 4 & 0xFFFF, n * 0.01) for n in range(100)]
    assert told.count(True) == 1


def test_subscribers_go_over_to_a_layer_that_comes_whole() -> None:
    low, high = Sink(), Sink(rank=2, torn=True)
    layers: list[Layer] = [low, high]  # type: ignore[list-item]
    low.last_at, high.last_at = 1.0, 5.0
    assert flowing(layers) == layers[:1], "though it has been starved"
    assert flowing(layers[1:]) == layers[1:], "there is nothing else"
