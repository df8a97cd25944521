"""What games and rounds look like to the game's page and to simulated players."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sandbox import money
from sandbox.slots import rules
from sandbox.slots.rounds import Call, Kind, Round, Verdict
from sandbox.slots.rules import Game


def percentage(share: Fraction) -> str:
    """Return a share of one with two decimals: `95.91 %`."""
    return f"{float(share):.2%}".replace("%", " %")


def game_view(game: Game, *, currency: str) -> dict[str, Any]:
    """Return all that a player may know about a game: its reels, what it pays, and what it returns."""
    return {
        "code": game.code,
        "title": game.title,
        "tagline": game.tagline,
        "volatility": game.volatility,
        "rtp": percentage(rules.rtp(game)),
        "reels": game.reels,
        "lines": game.lines,
        "pays": game.pays,
        "wild": game.wild,
        "respin": _respin_terms(game),
        "extra_ball": _extra_ball_terms(game),
        "stakes": [money.to_text(stake, currency=currency) for stake in game.stakes],
    }


def _respin_terms(game: Game) -> dict[str, Any] | None:
    if game.respin is None:
        return None
    terms = game.respin
    return {"scatter": terms.scatter, "needed": terms.needed, "factor": terms.factor}


def _extra_ball_terms(game: Game) -> dict[str, Any] | None:
    if game.extra_ball is None:
        return None
    return {"urn": game.extra_ball.urn, "rtp": percentage(rules.extra_ball_rtp(game))}


def round_state(game_round: Round) -> str:
    """Return `settled`, `refused`, `undone`, or `pending` while the platform has not answered for good."""
    opening = game_round.calls["open"]
    if opening.verdict is Verdict.REFUSED and not opening.is_straggler:
        return "refused"
    if opening.verdict is Verdict.UNKNOWN or opening.is_straggler:
        return "undone"
    return "settled" if game_round.is_over else "pending"


def round_view(game_round: Round) -> dict[str, Any]:
    """Return a round for its player; what the reels said is shown only when the bet was taken."""
    currency, calls = game_round.session.currency, game_round.calls
    opening, state = calls["open"], round_state(game_round)
    is_played = opening.verdict is Verdict.TAKEN and not opening.is_straggler
    nothing = money.to_text(0, currency=currency)
    view = {
        "round": game_round.id,
        "number": game_round.number,
        "state": state,
        "currency": currency,
        "stake": money.to_text(game_round.stake, currency=currency),
        "staked": money.to_text(_sum(calls, Kind.BET), currency=currency) if is_played else nothing,
        "win": money.to_text(_sum(calls, Kind.WIN), currency=currency) if is_played else nothing,
        "balance": _text_or_none(game_round.balance, currency),
        "code": opening.code if state == "refused" else None,
        "message": opening.text if state == "refused" else None,
    }
    return view | (_played(game_round) if is_played else {"spin": None, "respin": None, "ball": None})


def _text_or_none(minor: int | None, currency: str) -> str | None:
    return None if minor is None else money.to_text(minor, currency=currency)


def _sum(calls: Mapping[str, Call], kind: Kind) -> int:
    """Sum what was taken, and wins that are still on their way, without what is being undone."""
    undone = {action.original for call in calls.values() for action in call.actions}
    return sum(
        action.amount
        for call in calls.values()
        for action in call.actions
        if action.kind is kind and action.id not in undone and _counts(call)
    )


def _counts(call: Call) -> bool:
    is_owed = not call.is_final and not call.is_debit
    return not call.is_straggler and (call.verdict is Verdict.TAKEN or is_owed)


def _played(game_round: Round) -> dict[str, Any]:
    outcome, extra = game_round.outcome, game_round.calls.get("extra")
    is_ball_bought = extra is not None and extra.verdict is Verdict.TAKEN
    return {
        "spin": _spin(outcome["spin"], game_round),
        "respin": _spin(outcome["respin"], game_round),
        "ball": _ball(outcome["ball"], game_round) if is_ball_bought else None,
        "ball_refused": extra.code if extra is not None and extra.verdict is Verdict.REFUSED else None,
    }


def _spin(spin: Mapping[str, Any] | None, game_round: Round) -> dict[str, Any] | None:
    if spin is None:
        return None
    currency = game_round.session.currency
    wins = [{**win, "amount": money.to_text(win["amount"], currency=currency)} for win in spin["wins"]]
    return {
        "screen": spin["screen"],
        "wins": wins,
        "amount": money.to_text(spin["amount"], currency=currency),
    }


def _ball(ball: Mapping[str, Any], game_round: Round) -> dict[str, Any]:
    currency = game_round.session.currency
    return {
        "price": money.to_text(ball["price"], currency=currency),
        "multiplier": ball["multiplier"],
        "amount": money.to_text(ball["amount"], currency=currency),
    }
