"""
The law of the reels: what a screen pays, how a round comes out, what a game returns in the long run.

Pure functions over whole numbers and fractions. Amounts are minor units of a currency; a stake is always a
multiple of the game's step, so that a line stake is a whole number and nothing is ever rounded.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod
from random import Random

ROWS = 3

Strip = tuple[str, ...]
Column = tuple[str, ...]
Screen = tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Respin:
    """A free spin of all reels that pays `factor` times, won by `needed` scatters on the screen."""

    scatter: str
    needed: int
    factor: int


@dataclass(frozen=True, slots=True)
class ExtraBall:
    """A second bet of half the stake, offered after a win: a ball from an urn pays its number times."""

    urn: tuple[int, ...]

    def price(self, stake: int) -> int:
        """Return the price of a ball in a round with this stake."""
        return stake // 2


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """One slot: reels, lines by row on each reel, and line stakes paid for a run from the left."""

    code: str
    title: str
    tagline: str
    volatility: str
    reels: tuple[Strip, ...]
    lines: tuple[tuple[int, ...], ...]
    pays: Mapping[str, Mapping[int, int]]
    wild: str | None = None
    respin: Respin | None = None
    extra_ball: ExtraBall | None = None
    stakes: tuple[int, ...] = (20, 40, 60, 100, 200, 300, 500)
    step: int = 10


@dataclass(frozen=True, slots=True)
class LineWin:
    """One line that pays: its index, the symbol, how many of it from the left, and the amount."""

    line: int
    symbol: str
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class Spin:
    """One turn of the reels: the screen, the lines that pay, and their sum."""

    screen: Screen
    wins: tuple[LineWin, ...]
    amount: int


@dataclass(frozen=True, slots=True)
class Ball:
    """One extra ball: what it cost, what it multiplies, and what it pays."""

    price: int
    multiplier: int
    amount: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that chance decides about one round, before the first message goes out."""

    stake: int
    spin: Spin
    respin: Spin | None
    ball: Ball | None


def screen_at(game: Game, stops: tuple[int, ...]) -> Screen:
    """Return the window of three rows on each reel, starting at the given stops."""
    return tuple(
        tuple(strip[(stop + row) % len(strip)] for row in range(ROWS))
        for strip, stop in zip(game.reels, stops, strict=True)
    )


@lru_cache(maxsize=100_000)
def line_pay(game: Game, symbols: tuple[str, ...]) -> tuple[str, int, int]:
    """Return the best run from the left as symbol, length and line stakes paid; zero when none pays."""
    targets = {symbol for symbol in symbols if symbol in game.pays}
    runs = ((target, _run_length(game, symbols, target)) for target in targets)
    paid = ((target, length, game.pays[target].get(length, 0)) for target, length in runs)
    return max(paid, key=lambda run: (run[2], run[0]), default=("", 0, 0))


def _run_length(game: Game, symbols: tuple[str, ...], target: str) -> int:
    """Count the symbols from the left that are the target or stand in for it."""
    for position, symbol in enumerate(symbols):
        if symbol not in (target, game.wild):
            return position
    return len(symbols)


def judge(game: Game, screen: Screen, *, stake: int, factor: int = 1) -> Spin:
    """Return what the screen pays for the stake."""
    line_stake = stake // len(game.lines)
    wins = []
    for index, line in enumerate(game.lines):
        symbols = tuple(column[row] for column, row in zip(screen, line, strict=True))
        symbol, count, stakes = line_pay(game, symbols)
        if stakes:
            wins.append(LineWin(line=index, symbol=symbol, count=count, amount=stakes * line_stake * factor))
    return Spin(screen=screen, wins=tuple(wins), amount=sum(win.amount for win in wins))


def is_respin_won(game: Game, screen: Screen) -> bool:
    """Tell whether the screen shows enough scatters for a free re-spin."""
    if game.respin is None:
        return False
    return sum(column.count(game.respin.scatter) for column in screen) >= game.respin.needed


def play(game: Game, *, stake: int, chance: Random, extra: bool = False) -> Outcome:
    """Return the outcome of one round; `extra` says that the player buys a ball when one is offered."""
    spin = judge(game, _random_screen(game, chance), stake=stake)
    respin = None
    if game.respin and is_respin_won(game, spin.screen):
        respin = judge(game, _random_screen(game, chance), stake=stake, factor=game.respin.factor)
    ball = _draw(game.extra_ball, stake, chance) if extra and game.extra_ball and spin.amount else None
    return Outcome(stake=stake, spin=spin, respin=respin, ball=ball)


def _random_screen(game: Game, chance: Random) -> Screen:
    return screen_at(game, tuple(chance.randrange(len(strip)) for strip in game.reels))


def _draw(extra_ball: ExtraBall, stake: int, chance: Random) -> Ball:
    price, multiplier = extra_ball.price(stake), chance.choice(extra_ball.urn)
    return Ball(price=price, multiplier=multiplier, amount=price * multiplier)


def every_screen(game: Game) -> Iterator[Screen]:
    """Yield every screen the reels can stop at; meant for three reels, where they are few thousands."""
    for stops in product(*(range(len(strip)) for strip in game.reels)):
        yield screen_at(game, stops)


def mean_line_stakes(game: Game) -> Fraction:
    """
    Return the line stakes that one line pays on average, exactly.

    Each row of a reel shows each stop equally often, so every line has the same mean, and it is enough to
    enumerate the symbols that a line can show, weighted by how often each reel carries them.


    """
    weights = [Counter(strip) for strip in game.reels]
    total = sum(
        prod(counts[symbol] for counts, symbol in zip(weights, symbols, strict=True))
        * line_pay(game, symbols)[2]
        for symbols in product(*weights)
    )
    return Fraction(total, prod(len(strip) for strip in game.reels))


def respin_chance(game: Game) -> Fraction:
    """Return the chance of a free re-spin, by enumerating the scatters that each reel can show."""
    if game.respin is None:
        return Fraction(0)
    shown = [_scatters_shown(strip, game.respin.scatter) for strip in game.reels]
    hits = sum(
        prod(counts[number] for counts, number in zip(shown, numbers, strict=True))
        for numbers in product(*shown)
        if sum(numbers) >= game.respin.needed
    )
    return Fraction(hits, prod(len(strip) for strip in game.reels))


def _scatters_shown(strip: Strip, scatter: str) -> Counter[int]:
    """Count the stops of a reel by how many scatters their window shows."""
    windows = ([strip[(stop + row) % len(strip)] for row in range(ROWS)] for stop in range(len(strip)))
    return Counter(window.count(scatter) for window in windows)


@lru_cache
def hit_rate(game: Game) -> Fraction:
    """Return the share of screens on which at least one line pays, by enumerating every screen."""
    hits = sum(1 for screen in every_screen(game) if judge(game, screen, stake=len(game.lines)).amount)
    return Fraction(hits, prod(len(strip) for strip in game.reels))


@lru_cache
def rtp(game: Game) -> Fraction:
    """Return the exact return to player: the mean win per unit staked, the free re-spin included."""
    factor = game.respin.factor if game.respin else 0
    return mean_line_stakes(game) * (1 + respin_chance(game) * factor)


@lru_cache
def extra_ball_rtp(game: Game) -> Fraction:
    """Return the exact return of a ball to its own price; zero for a game without extra balls."""
    if game.extra_ball is None:
        return Fraction(0)
    return Fraction(sum(game.extra_ball.urn), len(game.extra_ball.urn))


@lru_cache
def rtp_with_extra_ball(game: Game) -> Fraction:
    """Return the exact return to a player who buys every extra ball that is offered."""
    bought = hit_rate(game) / 2
    return (rtp(game) + bought * extra_ball_rtp(game)) / (1 + bought)
