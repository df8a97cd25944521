"""What a user may wish of a run."""

import pytest

from benchmarks.wishes import Wishes, bench_wishes
from local.failures import CannotRun


def test_without_wishes_a_run_is_the_one_that_is_compared():
    assert bench_wishes({}) == Wishes(seconds=8, players=10_000)


@pytest.mark.parametrize(("seconds", "ceiling"), [(1, 1), (8, 3), (20, 8)])
def test_the_ceiling_is_measured_in_whole_seconds(seconds, ceiling):
    assert Wishes(seconds=seconds, players=100).ceiling_seconds == ceiling


@pytest.mark.parametrize(("name", "text"), [("BENCH_SECONDS", "0"), ("BENCH_PLAYERS", "many")])
def test_nonsense_is_refused_with_its_name(name, text):
    with pytest.raises(CannotRun, match=name):
        bench_wishes({name: text})
