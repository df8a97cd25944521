"""What is concluded from latencies."""

import pytest

from benchmarks.figures import Figures, figures, quantile, wanted


def test_a_quantile_is_the_smallest_value_that_enough_do_not_exceed():
    ordered = [float(number) for number in range(1, 101)]
    assert [quantile(ordered, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50.0, 95.0, 99.0, 100.0]


def test_a_quantile_of_little_is_what_there_is():
    assert quantile([7.0], 0.99) == 7.0
    assert quantile([], 0.99) == 0.0


def test_latencies_become_a_rate_and_milliseconds():
    found = measured(latencies=[0.002, 0.001, 0.003, 0.004], seconds=2.0, ceiling=8.0)
    assert (found.per_second, found.p50_ms, found.p99_ms, found.share) == (2.0, 2.0, 4.0, 0.25)


def test_without_a_ceiling_there_is_no_share():
    assert measured(latencies=[0.001], seconds=1.0, ceiling=None).share is None


def test_nothing_measured_is_nothing_a_second():
    assert measured(latencies=[], seconds=0.0, ceiling=None).per_second == 0.0


@pytest.mark.parametrize(
    ("latency", "ceiling", "met"),
    [(0.039, 4_000.0, [True, True, True]), (0.040, 4_001.0, [True, False, False])],
)
def test_what_is_wanted_is_asked_of_spread_stakes_at_sixteen_connections(latency, ceiling, met):
    other = measured(latencies=[1.0], seconds=1.0, ceiling=None)
    at = measured(latencies=[latency] * 1_000, seconds=1.0, ceiling=ceiling, connections=16)
    assert [goal.is_met for goal in wanted([other, at]).values()] == met


def measured(
    *, latencies: list[float], seconds: float, ceiling: float | None, connections: int = 1
) -> Figures:
    return figures(
        latencies,
        seconds=seconds,
        act="stake",
        spread="players",
        connections=connections,
        failures=0,
        ceiling_per_second=ceiling,
    )
