"""Provider accounts, games, and what was played."""

from django.db import models
from django.db.models import Q

from apps.games.rules import BetKind, GameState, RoundState, SettlementKind


class ProviderAccount(models.Model):
    """
    Our account with a provider or aggregator: its contract, secrets, and where its wire differs (policy).

    Two secrets live while a key is rotated. `version` counts every change; a stake that was let in under an
    older one is decided anew.
    """

    code = models.SlugField(max_length=64, unique=True)
    title = models.TextField()
    contract = models.CharField(max_length=32, default="softswiss")
    launch_url = models.URLField(blank=True, help_text="Where sessions are opened at the provider.")
    wrapped_secret = models.TextField()
    wrapped_previous_secret = models.TextField(default="", blank=True)
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    policy = models.JSONField(default=dict, blank=True)
    is_enabled = models.BooleanField(
        default=True, help_text="Off stops launches and stakes, never wins or undos."
    )
    version = models.IntegerField(default=1)

    class Meta:
        permissions = [
            ("rotate_key", "Can rotate the key of a provider account"),
            ("switch_provider", "Can switch provider accounts on and off"),
        ]

    def __str__(self) -> str:
        return self.code


class Game(models.Model):
    """A title of a provider account."""

    account = models.ForeignKey(ProviderAccount, models.PROTECT)
    code = models.CharField(max_length=128)
    title = models.TextField()
    category = models.CharField(max_length=32, default="slots")
    product = models.CharField(max_length=32, default="casino")
    theoretical_rtp = models.DecimalField(
        max_digits=6, decimal_places=3, null=True, blank=True, help_text="Percent."
    )
    state = models.CharField(max_length=16, default=GameState.LIVE, choices=GameState.choices())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "code"], name="games_game_once")]
        permissions = [("switch_game", "Can switch games on and off")]

    def __str__(self) -> str:
        return self.title

    @property
    def public_id(self) -> str:
        """The id by which front ends name the game: provider account and code."""
        return f"{self.account.code}:{self.code}"


class GameSession(models.Model):
    """One launch of a game. It gates stakes only, and is a key of no money."""

    player = models.ForeignKey("accounts.Player", models.PROTECT, db_index=False)
    account = models.ForeignKey(ProviderAccount, models.PROTECT, db_index=False)
    game = models.ForeignKey(Game, models.PROTECT, db_index=False)
    player_session = models.ForeignKey("accounts.Session", models.PROTECT, null=True, db_index=False)
    public_id = models.CharField(max_length=64, unique=True)
    rules_version = models.BigIntegerField(default=0, help_text="The rule set in force when it was opened.")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    bets = models.IntegerField(default=0)
    staked = models.BigIntegerField(
        default=0, help_text="Ledger units, cash and bonus, undone ones taken out."
    )
    won = models.BigIntegerField(default=0, help_text="Ledger units, undone ones taken out.")
    last_played_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["player", "account", "game", "-id"],
                condition=Q(ended_at=None),
                name="games_gamesession_open",
            )
        ]


class Round(models.Model):
    """
    A round of a game: any number of bets and outcomes, open until the provider ends it.

    Its id is that of the operation that opened it; so are a bet's and a settlement's of theirs.
    """

    id = models.BigIntegerField(primary_key=True)
    player = models.ForeignKey("accounts.Player", models.PROTECT, db_index=False, db_constraint=False)
    account = models.ForeignKey(ProviderAccount, models.PROTECT, db_index=False)
    product = models.CharField(max_length=32)
    game = models.ForeignKey(
        Game,
        models.PROTECT,
        null=True,
        db_index=False,
        help_text="Null where an outcome names a title we lack.",
    )
    game_scope = models.CharField(
        max_length=128,
        default="",
        help_text="The game's code, for providers whose round ids are unique per game only.",
    )
    session = models.ForeignKey(GameSession, models.PROTECT, null=True, db_index=False)
    reference = models.CharField(max_length=128)
    currency = models.CharField(max_length=8)
    state = models.CharField(max_length=16, choices=RoundState.choices())
    entries = models.IntegerField(
        default=0, help_text="Bets and settlements so far: the next one's sequence."
    )
    rules_version = models.BigIntegerField(default=0, help_text="The rule set of its session; 0 without one.")
    result_reference = models.TextField(default="", blank=True)
    replay_url = models.TextField(default="", blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["player", "account", "game_scope", "reference"], name="games_round_once"
            )
        ]
        indexes = [models.Index(fields=["opened_at"], condition=Q(state="open"), name="games_round_open")]


class Bet(models.Model):
    """
    A stake by the purses that paid it, and where its money lies: open (in play) or settled (with the house).

    An undone bet has neither. What is open of all bets of a player adds up to the purses `in_play_*`.
    """

    id = models.BigIntegerField(primary_key=True, help_text="The operation that placed it.")
    player = models.ForeignKey("accounts.Player", models.PROTECT, db_index=False, db_constraint=False)
    round = models.ForeignKey(Round, models.PROTECT)
    sequence = models.IntegerField()
    kind = models.CharField(max_length=16, default=BetKind.STAKE, choices=BetKind.choices())
    cash_open = models.BigIntegerField(default=0)
    bonus_open = models.BigIntegerField(default=0)
    cash_settled = models.BigIntegerField(default=0)
    bonus_settled = models.BigIntegerField(default=0)
    grant_id = models.BigIntegerField(null=True, help_text="The one grant the bonus part draws on.")
    jackpot_contribution = models.BigIntegerField(default=0)
    jackpot_win = models.BigIntegerField(default=0)
    placed_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["player", "round", "sequence"], name="games_bet_once"),
            models.CheckConstraint(
                condition=Q(cash_open__gte=0, bonus_open__gte=0, cash_settled__gte=0, bonus_settled__gte=0),
                name="games_bet_floor",
            ),
        ]
        indexes = [
            models.Index(
                fields=["player"], condition=Q(cash_open__gt=0) | Q(bonus_open__gt=0), name="games_bet_open"
            )
        ]


class Settlement(models.Model):
    """An outcome: of one bet, or (as slots send it) of the round."""

    id = models.BigIntegerField(primary_key=True, help_text="The operation that brought it.")
    player = models.ForeignKey("accounts.Player", models.PROTECT, db_index=False, db_constraint=False)
    round = models.ForeignKey(Round, models.PROTECT)
    bet = models.ForeignKey(Bet, models.PROTECT, null=True, db_index=False)
    sequence = models.IntegerField()
    kind = models.CharField(max_length=16, default=SettlementKind.WIN, choices=SettlementKind.choices())
    cash = models.BigIntegerField(default=0)
    bonus = models.BigIntegerField(default=0)
    grant_id = models.BigIntegerField(null=True)
    settled_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["player", "round", "sequence"], name="games_settlement_once"),
        ]
