"""Which pictures a subscriber gets for a budget: properties over all rooms, and the cases people see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_room.base.ids import ParticipantId
from lti_room.media.backend import MediaSource
from lti_room.media.sfu.adapting.allocator import (
    CAMERA_RATES,
    LOW_DATA_TILES,
    RISE_MARGIN,
    SCREEN_RATES,
    Key,
    Stream,
    allocate,
    expected_rates,
    next_step,
)

CAMERA, SCREEN = MediaSource.CAMERA, MediaSource.SCREEN
PLENTY = 100_000_000


def stream(who: str, size: int = 720, source: MediaSource = CAMERA, **more: object) -> Stream:
    costs = SCREEN_RATES if source is SCREEN else CAMERA_RATES
    return Stream((ParticipantId(who), source), size, **{"costs": costs, **more})  # type: ignore[arg-type]


@st.composite
def rooms(draw: st.DrawFn) -> list[Stream]:
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from([f"p_{n}" for n in range(9)]), st.sampled_from([CAMERA, SCREEN])),
            unique=True,
            max_size=9,
        )
    )
    found = []
    for who, source in keys:
        costs = tuple(sorted(draw(st.lists(st.integers(20_000, 3_000_000), min_size=1, max_size=3))))
        rank = draw(st.sampled_from([None, *range(len(costs))]))
        size = draw(st.sampled_from([0, 60, 120, 200, 300, 540, 720, 1080]))
        found.append(Stream((ParticipantId(who), source), size, costs, rank, draw(st.booleans())))
    return found


budgets = st.integers(0, 8_000_000)


def spent(streams: list[Stream], chosen: dict[Key, int | None]) -> int:
    return sum(each.costs[rank] for each in streams if (rank := chosen[each.key]) is not None)


@given(rooms(), budgets, st.booleans())
def test_never_over_budget_and_never_more_than_is_of_use(
    streams: list[Stream], budget: int, low_data: bool
) -> None:
    chosen = allocate(budget, streams, low_data=low_data)
    assert set(chosen) == {each.key for each in streams}
    assert spent(streams, chosen) <= budget
    for each in streams:
        rank = chosen[each.key]
        assert rank is None or (each.size > 0 and 0 <= rank <= (0 if low_data else each.most))


@given(rooms(), budgets, st.permutations(range(9)))
def test_the_order_of_arrival_decides_nothing(streams: list[Stream], budget: int, order: list[int]) -> None:
    shuffled = [streams[at] for at in order if at < len(streams)]
    assert allocate(budget, shuffled) == allocate(budget, streams)


@given(rooms(), budgets)
def test_nobody_gets_a_second_layer_while_a_visible_tile_could_have_its_first(
    streams: list[Stream], budget: int
) -> None:
    chosen = allocate(budget, streams)
    lowest = {key: 0 if rank is not None else None for key, rank in chosen.items()}
    left = budget * RISE_MARGIN - spent(streams, lowest)
    for each in streams:
        if each.size > 0 and chosen[each.key] is None:
            assert each.costs[0] > left


@given(rooms(), budgets, budgets)
def test_more_budget_never_serves_the_first_in_line_worse(
    streams: list[Stream], one: int, other: int
) -> None:
    """Steps are taken in one order: the first step that differs is one more for the larger budget."""
    small, large = sorted((one, other))
    visible = [each for each in streams if each.size > 0]
    for each in visible:
        alone = [each]
        before, after = allocate(small, alone)[each.key], allocate(large, alone)[each.key]
        assert (-1 if before is None else before) <= (-1 if after is None else after)
    screens = [each for each in visible if each.is_screen]
    if len(screens) == 1:
        key = screens[0].key
        assert (allocate(small, visible)[key] is None) or (allocate(large, visible)[key] is not None)


@given(rooms(), budgets)
def test_what_was_chosen_is_chosen_again(streams: list[Stream], budget: int) -> None:
    first = allocate(budget, streams)
    again = [Stream(s.key, s.size, s.costs, first[s.key], s.loud) for s in streams]
    assert list(allocate(budget, again).values()) == [first[s.key] for s in again]


@given(rooms(), budgets, st.booleans())
def test_the_next_step_names_a_budget_that_buys_more(
    streams: list[Stream], budget: int, low_data: bool
) -> None:
    chosen = allocate(budget, streams, low_data=low_data)
    target = next_step(streams, chosen, low_data=low_data)
    if target is None:
        full = allocate(PLENTY, streams, low_data=low_data)
        assert full == chosen
    else:
        assert target > spent(streams, chosen)
        assert allocate(max(target, budget), streams, low_data=low_data) != chosen or target <= budget


@pytest.mark.parametrize(
    ("size", "rank"), [(0, None), (90, 0), (240, 0), (300, 1), (480, 1), (540, 2), (1080, 2)]
)
def test_the_size_on_screen_decides_the_layer(size: int, rank: int | None) -> None:
    one = stream("p_a", size)
    assert allocate(PLENTY, [one]) == {one.key: rank}


def test_a_shared_screen_comes_before_cameras() -> None:
    screen, face, voice = stream("p_a", 900, SCREEN), stream("p_a", 100), stream("p_b", 100, loud=True)
    for budget, expected in (
        (340_000, (0, None, None)),
        (510_000, (0, None, 0)),
        (700_000, (0, 0, 0)),
        (3_300_000, (1, 0, 0)),
    ):
        chosen = allocate(budget, [face, voice, screen])
        assert tuple(chosen[each.key] for each in (screen, face, voice)) == expected, budget


def test_who_speaks_gets_the_better_picture() -> None:
    quiet, loud = stream("p_a"), stream("p_b", loud=True)
    chosen = allocate(900_000, [quiet, loud])
    assert (chosen[quiet.key], chosen[loud.key]) == (0, 1)


def test_a_layer_is_kept_where_it_would_not_be_begun() -> None:
    budget = CAMERA_RATES[1] + 10_000
    assert allocate(budget, [stream("p_a")]) == {stream("p_a").key: 0}
    assert allocate(budget, [stream("p_a", rank=1)]) == {stream("p_a").key: 1}
    assert allocate(CAMERA_RATES[1] - 1, [stream("p_a", rank=1)]) == {stream("p_a").key: 0}


def test_low_data_is_a_few_small_pictures() -> None:
    many = [stream(f"p_{n}", 720) for n in range(9)]
    chosen = allocate(PLENTY, [*many, stream("p_0", 900, SCREEN)], low_data=True)
    assert sorted(rank for rank in chosen.values() if rank is not None) == [0] * LOW_DATA_TILES
    assert chosen[ParticipantId("p_0"), SCREEN] == 0
    assert next_step(many, allocate(PLENTY, many, low_data=True), low_data=True) is None


def test_a_browser_without_simulcast_has_one_layer() -> None:
    assert expected_rates(CAMERA, 1) == (1_200_000,)
    one = stream("p_a", 90, costs=(800_000,))
    assert allocate(900_000, [one]) == {one.key: 0}
    assert allocate(700_000, [one]) == {one.key: None}


def test_of_equals_always_the_same_one_is_chosen() -> None:
    many = [stream(f"p_{n}") for n in range(4)]
    assert allocate(400_000, many) == allocate(400_000, many[::-1])
