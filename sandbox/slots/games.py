"""The games of this vendor, each an explicit set of reels and an explicit paytable."""

from sandbox.slots.rules import ExtraBall, Game, Respin, Strip

FIVE_LINES = ((1, 1, 1), (0, 0, 0), (2, 2, 2), (0, 1, 2), (2, 1, 0))
TEN_LINES = (
    (1, 1, 1, 1, 1),
    (0, 0, 0, 0, 0),
    (2, 2, 2, 2, 2),
    (0, 1, 2, 1, 0),
    (2, 1, 0, 1, 2),
    (0, 0, 1, 2, 2),
    (2, 2, 1, 0, 0),
    (1, 0, 0, 0, 1),
    (1, 2, 2, 2, 1),
    (1, 0, 1, 2, 1),
)


def _strip(symbols: str) -> Strip:
    return tuple(symbols.split())


FRUIT_FIESTA = Game(
    code="fruit-fiesta",
    title="Fruit Fiesta",
    tagline="A bowl of small wins, served fast",
    volatility="low",
    reels=(
        _strip("cherry lemon plum cherry grape lemon bell cherry plum lemon cherry grape seven lemon plum"),
        _strip("lemon cherry plum grape cherry lemon plum bell cherry lemon grape cherry plum lemon seven"),
        _strip("plum lemon cherry grape lemon plum cherry bell lemon cherry plum grape lemon cherry seven"),
    ),
    lines=FIVE_LINES,
    pays={
        "seven": {3: 150},
        "bell": {3: 75},
        "grape": {3: 45},
        "plum": {3: 20},
        "lemon": {3: 10},
        "cherry": {2: 4, 3: 12},
    },
)

PHARAOHS_RESPIN = Game(
    code="pharaohs-respin",
    title="Pharaoh's Respin",
    tagline="Three suns turn the reels once more, for double",
    volatility="medium",
    reels=(
        _strip("lotus ankh urn sun eye lotus urn scarab ankh lotus urn eye pharaoh ankh lotus urn"),
        _strip("urn lotus ankh eye urn sun lotus ankh scarab urn lotus eye ankh mask urn lotus pharaoh"),
        _strip("ankh urn lotus sun ankh eye lotus urn mask ankh lotus scarab urn eye lotus urn pharaoh ankh"),
        _strip("lotus urn ankh eye lotus sun urn ankh lotus scarab urn eye lotus mask ankh urn pharaoh"),
        _strip("urn ankh lotus eye urn lotus sun ankh urn scarab lotus eye urn ankh lotus pharaoh"),
    ),
    lines=TEN_LINES,
    pays={
        "mask": {},
        "pharaoh": {3: 50, 4: 400, 5: 2000},
        "scarab": {3: 40, 4: 150, 5: 1000},
        "eye": {3: 20, 4: 75, 5: 250},
        "ankh": {3: 8, 4: 25, 5: 80},
        "urn": {3: 5, 4: 12, 5: 60},
        "lotus": {3: 6, 4: 12, 5: 60},
    },
    wild="mask",
    respin=Respin(scatter="sun", needed=3, factor=2),
)

LUCKY_ORBS = Game(
    code="lucky-orbs",
    title="Lucky Orbs",
    tagline="Rare, bright and heavy: win, then buy an extra ball",
    volatility="high",
    reels=(
        _strip(
            "moon comet star moon crystal planet comet moon star comet moon rocket star comet moon crystal"
        ),
        _strip("comet star moon comet planet moon star crystal comet moon star moon rocket comet star moon"),
        _strip("star moon comet crystal moon star comet planet moon comet star moon comet rocket moon star"),
    ),
    lines=FIVE_LINES,
    pays={
        "rocket": {3: 1500},
        "planet": {3: 400},
        "crystal": {3: 150},
        "star": {3: 15},
        "comet": {3: 8},
        "moon": {3: 4},
    },
    extra_ball=ExtraBall(urn=(0,) * 14 + (1, 1, 2, 2, 3, 10)),
)

GAMES: dict[str, Game] = {game.code: game for game in (FRUIT_FIESTA, PHARAOHS_RESPIN, LUCKY_ORBS)}
