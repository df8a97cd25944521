"""Game sessions and rounds with their bets and outcomes: read only."""

from typing import Any

from django.contrib import admin
from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter, RelatedDropdownFilter
from unfold.decorators import display

from apps.core import clock
from apps.core.staff import ReadOnlyAdmin, ReadOnlyInline, show
from apps.games.models import Bet, GameSession, Round, Settlement


class BetInline(ReadOnlyInline):
    """The stakes of a round, and where their money lies."""

    model = Bet
    ordering = ("sequence",)
    fields = (
        "sequence",
        "kind",
        "open_part",
        "settled_part",
        "placed_at",
        "undone_at",
        "operation",
        "transfers",
    )
    verbose_name_plural = "Bets"

    @display(description="In play")
    def open_part(self, row: Bet) -> SafeString:
        """Return what is in play."""
        return show.amount(row.cash_open + row.bonus_open, row.round.currency)

    @display(description="Settled")
    def settled_part(self, row: Bet) -> SafeString:
        """Return what is with the house."""
        return show.amount(row.cash_settled + row.bonus_settled, row.round.currency)

    @display(description="Operation")
    def operation(self, row: Bet) -> SafeString | str:
        """Return the operation that placed it; it has the same number."""
        return show.operation(row.id)

    @display(description="Transfers")
    def transfers(self, row: Bet) -> SafeString:
        """Return the way to its transfers."""
        return show.link("show", "wallet_transfer_changelist", query=f"q={row.id}")


class SettlementInline(ReadOnlyInline):
    """The outcomes of a round."""

    model = Settlement
    ordering = ("sequence",)
    fields = ("sequence", "kind", "paid", "settled_at", "undone_at", "operation", "transfers")
    verbose_name_plural = "Outcomes"

    @display(description="Paid")
    def paid(self, row: Settlement) -> SafeString:
        """Return what was paid, cash and bonus."""
        return show.amount(row.cash + row.bonus, row.round.currency)

    @display(description="Operation")
    def operation(self, row: Settlement) -> SafeString | str:
        """Return the operation that brought it; it has the same number."""
        return show.operation(row.id)

    @display(description="Transfers")
    def transfers(self, row: Settlement) -> SafeString:
        """Return the way to its transfers."""
        return show.link("show", "wallet_transfer_changelist", query=f"q={row.id}")


def _total(model: Any, **columns: Any) -> Coalesce:
    """Return the sum of a round's rows that stand, as part of the round's own query."""
    ((name, amount),) = columns.items()
    rows = model.objects.filter(round=OuterRef("pk"), player=OuterRef("player"), undone_at=None)
    total = rows.order_by().values("round").annotate(**{name: Sum(amount)}).values(name)
    return Coalesce(Subquery(total, output_field=BigIntegerField()), 0)


@admin.register(Round)
class RoundAdmin(ReadOnlyAdmin):
    """Rounds, with what was staked and won in each."""

    list_display = (
        "id",
        "whom",
        "title",
        "reference",
        "condition",
        "staked",
        "won",
        "opened_at",
        "closed_at",
    )
    list_select_related = ("player", "game")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("account", RelatedDropdownFilter),
        ("opened_at", RangeDateFilter),
    )
    search_help_text = "Player's public id, round's reference or number"
    inlines = (BetInline, SettlementInline)
    fieldsets = (
        (None, {"fields": (("condition", "whom"), ("title", "account"), "reference")}),
        ("Outcome", {"fields": (("staked", "won"), "result_reference", "replay_url")}),
        ("Trace", {"fields": (("opened_at", "closed_at"), ("opened_by", "launch"), "rules_version")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Round]:
        """Return rounds with their sums, of what was not undone."""
        rows = super().get_queryset(request).select_related("player", "game", "account")
        staked = _total(Bet, total=F("cash_open") + F("bonus_open") + F("cash_settled") + F("bonus_settled"))
        return rows.annotate(staked_units=staked, won_units=_total(Settlement, total=F("cash") + F("bonus")))

    def spelled(self, term: str) -> Q:
        """Return the rounds that a provider calls so."""
        return Q(reference=term)

    def numbered(self, typed: int) -> Q:
        """Return the round with a number, or those that a provider numbers so."""
        return Q(pk=typed) | Q(reference=str(typed))

    @display(description="Player")
    def whom(self, row: Round) -> SafeString | str:
        """Return who played."""
        return show.lane(row.player_id, row.player.public_id)

    @display(description="Game")
    def title(self, row: Round) -> str:
        """Return what was played."""
        return row.game.title if row.game else "unknown title"

    @display(description="State", label={"open": "warning", "closed": "success"})
    def condition(self, row: Round) -> str:
        """Return whether the provider has ended it."""
        return row.state

    @display(description="Staked")
    def staked(self, row: Any) -> SafeString:
        """Return the stakes that stand."""
        return show.amount(row.staked_units, row.currency)

    @display(description="Won")
    def won(self, row: Any) -> SafeString:
        """Return the wins that stand."""
        return show.amount(row.won_units, row.currency)

    @display(description="Game session")
    def launch(self, row: Round) -> SafeString | str:
        """Return the launch it was played in."""
        if row.session_id is None:
            return show.NOTHING
        return show.link(row.session_id, "games_gamesession_change", row.session_id)

    @display(description="Opened by")
    def opened_by(self, row: Round) -> SafeString | str:
        """Return the operation that opened it; it has the same number."""
        return show.operation(row.id)


@admin.register(GameSession)
class GameSessionAdmin(ReadOnlyAdmin):
    """Launches of games, and what was played in each."""

    list_display = ("id", "whom", "game", "condition", "bets", "staked_total", "won_total", "opened_at")
    list_select_related = ("player", "game")
    list_filter = (("account", RelatedDropdownFilter), ("opened_at", RangeDateFilter))
    search_help_text = "Player's public id, or number"
    fieldsets = (
        (None, {"fields": (("condition", "whom"), ("game", "account"))}),
        ("Play", {"fields": (("bets", "staked_total", "won_total"), "last_played_at")}),
        ("When", {"fields": (("opened_at", "expires_at"), "ended_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[GameSession]:
        """Return launches with who and what."""
        return super().get_queryset(request).select_related("player", "game", "account")

    @display(description="Player")
    def whom(self, row: GameSession) -> SafeString | str:
        """Return who launched it."""
        return show.lane(row.player_id, row.player.public_id)

    @display(description="State", label={"open": "success", "over": None})
    def condition(self, row: GameSession) -> str:
        """Return whether stakes may come in through it."""
        return "over" if row.ended_at or row.expires_at <= clock.now() else "open"

    @display(description="Staked")
    def staked_total(self, row: GameSession) -> SafeString:
        """Return the stakes, as far as the statistics have come."""
        return show.amount(row.staked, row.player.currency)

    @display(description="Won")
    def won_total(self, row: GameSession) -> SafeString:
        """Return the wins, as far as the statistics have come."""
        return show.amount(row.won, row.player.currency)
