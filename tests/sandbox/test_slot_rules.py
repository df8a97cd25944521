from fractions import Fraction
from functools import lru_cache
from itertools import product
from random import Random
from statistics import pstdev

import pytest

from sandbox import chance
from sandbox.slots import rules
from sandbox.slots.games import FRUIT_FIESTA, GAMES, LUCKY_ORBS, PHARAOHS_RESPIN
from sandbox.slots.rules import Game, Respin

ROUNDS = 60_000
TINY = Game(
    code="tiny",
    title="Tiny",
    tagline="",
    volatility="low",
    reels=(("a", "b", "s", "b"), ("a", "b", "s", "w", "b"), ("b", "a", "s", "b")),
    lines=((0, 0, 0), (1, 1, 1), (0, 1, 2)),
    pays={"a": {2: 1, 3: 7}, "b": {3: 3}, "w": {}},
    wild="w",
    respin=Respin(scatter="s", needed=2, factor=3),
)


@lru_cache
def simulated(game: Game, *, extra: bool = False) -> tuple[list[int], list[int]]:
    """Return what was staked and what was won in many rounds."""
    luck = chance.generator(seed=3, name=game.code)
    outcomes = [rules.play(game, stake=100, chance=luck, extra=extra) for _ in range(ROUNDS)]
    staked = [100 + (outcome.ball.price if outcome.ball else 0) for outcome in outcomes]
    parts = [(outcome.spin, outcome.respin, outcome.ball) for outcome in outcomes]
    return staked, [sum(part.amount for part in round_ if part) for round_ in parts]


@pytest.mark.parametrize("game", GAMES.values(), ids=GAMES)
def test_the_return_to_player_is_between_94_and_97_percent(game: Game) -> None:
    assert Fraction(94, 100) <= rules.rtp(game) <= Fraction(97, 100)


@pytest.mark.parametrize(
    ("game", "exact"),
    [
        (FRUIT_FIESTA, Fraction(1079, 1125)),
        (LUCKY_ORBS, Fraction(1966, 2048)),
    ],
)
def test_the_return_is_known_to_the_last_digit(game: Game, exact: Fraction) -> None:
    assert rules.rtp(game) == exact


@pytest.mark.parametrize("game", GAMES.values(), ids=GAMES)
def test_enumeration_and_simulation_agree(game: Game) -> None:
    staked, won = simulated(game)
    error = pstdev(won) / 100 / ROUNDS**0.5
    assert abs(sum(won) / sum(staked) - float(rules.rtp(game))) < 3 * error


def test_enumeration_by_lines_equals_enumeration_of_every_screen() -> None:
    screens = list(rules.every_screen(TINY))
    base = Fraction(sum(rules.judge(TINY, screen, stake=3).amount for screen in screens), 3 * len(screens))
    respins = Fraction(sum(rules.is_respin_won(TINY, screen) for screen in screens), len(screens))
    assert rules.respin_chance(TINY) == respins
    assert rules.rtp(TINY) == base + respins * 3 * base


def test_extra_balls_return_what_the_urn_says() -> None:
    staked, won = simulated(LUCKY_ORBS, extra=True)
    assert rules.extra_ball_rtp(LUCKY_ORBS) == Fraction(95, 100)
    assert abs(sum(won) / sum(staked) - float(rules.rtp_with_extra_ball(LUCKY_ORBS))) < 0.15


def test_volatility_differs_as_announced() -> None:
    spread = {game.volatility: pstdev(simulated(game)[1]) for game in GAMES.values()}
    assert spread["low"] * 1.5 < spread["medium"] < spread["high"] / 1.5


def test_a_run_counts_from_the_left_only() -> None:
    assert rules.line_pay(FRUIT_FIESTA, ("lemon", "cherry", "cherry"))[2] == 0
    assert rules.line_pay(FRUIT_FIESTA, ("cherry", "cherry", "lemon")) == ("cherry", 2, 4)


def test_a_wild_stands_in_for_what_pays_best() -> None:
    line = ("lotus", "mask", "mask", "lotus", "pharaoh")
    assert rules.line_pay(PHARAOHS_RESPIN, line) == ("lotus", 4, 12)


def test_every_amount_is_whole_and_adds_up() -> None:
    luck = Random(5)
    for game, stake in product(GAMES.values(), (20, 40, 500)):
        outcome = rules.play(game, stake=stake, chance=luck, extra=True)
        assert outcome.spin.amount == sum(win.amount for win in outcome.spin.wins)
        assert stake % len(game.lines) == 0


def test_the_same_seed_gives_the_same_round() -> None:
    first, second = (
        rules.play(PHARAOHS_RESPIN, stake=100, chance=chance.generator(seed=9, name="x")) for _ in range(2)
    )
    assert first == second
