"""What a viewer gets over a bad network: two real Chromiums, the real program, and a relay in between.

    python -m benchmarks network [--scenario loss] [--seconds 60] [--seed 1]

Everything is measured in the viewer's page. The last lines say whether the measurement can be trusted: what
limited the publisher's encoder, how late the relay was, how busy the machine.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Frame, Page, Playwright, sync_playwright

from benchmarks.network import direct, quality, scenery
from benchmarks.network.meeting import PUBLISHER, VIEWER, meeting
from benchmarks.network.scenarios import SCENARIOS, Figure, Scenario, Seen
from benchmarks.process import cpu_seconds, waited_seconds

SECONDS: Final = 60.0
_SETTLING_SECONDS: Final = 20.0
_STEADY_LOOKS: Final = 5
SQUEEZED: Final = 0.1


def main(arguments: list[str] | None = None) -> None:
    """Run the scenarios one after the other; print a table for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenario", choices=list(SCENARIOS), action="append")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    camera = f"{scenery.WIDTH}x{scenery.HEIGHT} at {scenery.RATE}/s"
    print(f"Camera: {camera}; {asked.seconds:.0f} s each; seed {asked.seed}")
    with sync_playwright() as driver:
        for name in asked.scenario or SCENARIOS:
            print()
            if SCENARIOS[name].has_peer:
                run_direct(driver, SCENARIOS[name], asked.seconds, asked.seed)
            run(driver, SCENARIOS[name], asked.seconds, asked.seed)


def run(driver: Playwright, scenario: Scenario, seconds: float, seed: int) -> None:
    """Run one scenario and print what the viewer got."""
    with (
        tempfile.TemporaryDirectory(prefix="lti-room-bench-") as folder,
        meeting(driver, Path(folder), seed) as held,
    ):
        links = scenario.links(seconds)
        for link, steps in links.items():
            held.relay.follow(link, up=steps[:1], down=steps[:1])
        settle(held.viewer.room)
        worker, waited = cpu_seconds(held.worker), waited_seconds(held.worker)
        for link, steps in links.items():
            held.relay.follow(link, up=steps, down=steps)
        began, began_there = held.clock(held.viewer), held.clock(held.publisher)
        held.wait(seconds)
        worker = (cpu_seconds(held.worker) - worker) / seconds
        waited = (waited_seconds(held.worker) - waited) / seconds
        noted, there = held.noted(held.viewer), held.noted(held.publisher)
        seen = Seen(quality.frames(noted["frames"]), noted["samples"], began, began + seconds)
        _print(scenario.title, scenario.judge(seen))
        untold = quality.untold(seen.frames, seen.began, seen.ended)
        print(f"  shown, but the page was not told (counts as not shown): {untold} pictures")
        limits = quality.limited_by(there["samples"], began_there, began_there + seconds)
        encoded = quality.encoded(there["samples"], began_there, began_there + seconds)
        print(f"  publisher's encoder: {encoded}; limited by: {_shares(limits)}")
        _print_network(held.relay.report())
        print(f"  worker: {worker:.0%} of a core, waited {waited:.0%} of the time for one", end="")
        print(f"; load average {os.getloadavg()[0]:.1f}")
        if limits.get("cpu", 0) > SQUEEZED or waited > SQUEEZED:
            print("  The machine was too busy: what is above is not the server's doing.")


def run_direct(driver: Playwright, scenario: Scenario, seconds: float, seed: int) -> None:
    """Run a scenario between two Chromiums without a server, and print what the viewer got."""
    with (
        tempfile.TemporaryDirectory(prefix="lti-room-bench-") as folder,
        direct.call(driver, Path(folder), seed) as held,
    ):
        steps = direct.steps(scenario, seconds)
        held.relay.follow(direct.LINK, up=steps[:1], down=steps[:1])
        settle(held.viewer)
        held.relay.follow(direct.LINK, up=steps, down=steps)
        began = held.clock()
        held.wait(seconds)
        noted = held.noted()
        seen = Seen(quality.frames(noted["frames"]), noted["samples"], began, began + seconds)
        title = f"The peer, two Chromiums without a server: {scenario.title}"
        _print(title, scenario.judge(seen))


def settle(viewer: Page | Frame) -> None:
    """Wait until the picture is as high as the start allows: no higher for five seconds."""
    highest, looks = 0, 0
    for _ in range(int(_SETTLING_SECONDS)):
        viewer.wait_for_timeout(1000)
        height = viewer.evaluate("__noted.frames.at(-1)?.[3] ?? 0")
        looks = looks + 1 if 0 < height <= highest else 0
        highest = max(height, highest)
        if looks >= _STEADY_LOOKS:
            return


def _print(title: str, figures: list[Figure]) -> None:
    print(title)
    for figure in figures:
        verdict = ("ok" if figure.ok else "MISSED") if figure.goal else ""
        print(f"  {figure.name:<36} {figure.value:>26}  {figure.goal:<10} {verdict}".rstrip())


def _shares(limits: dict[str, float]) -> str:
    return ", ".join(f"{reason} {share:.0%}" for reason, share in limits.items()) or "unknown"


def _print_network(relay: dict[str, Any]) -> None:
    up, down = relay["links"][PUBLISHER]["up"], relay["links"][VIEWER]["down"]
    for name, way in (("publisher's way up", up), ("viewer's way down", down)):
        print(f"  {name}: {way['offered']} packets, {way['lost']} lost, {way['overflowed']} overflowed")
    late = f"99 % within {relay['late_p99_ms']:.1f} ms, worst {relay['late_max_ms']:.1f} ms"
    print(f"  relay late: {late}")


if __name__ == "__main__":
    main()
