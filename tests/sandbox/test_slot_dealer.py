import asyncio
from collections import Counter
from pathlib import Path

import pytest
from fake_platform import ENOUGH, FakePlatform
from fake_table import deal_everywhere, dealer_at, session_for, settled

from sandbox.slots import report
from sandbox.slots.dealer import Dealer
from sandbox.slots.rounds import Round, Verdict

PLAYERS = ("ann", "bob", "cid")


@pytest.mark.parametrize(("chaos", "trouble"), [(0.0, 0.0), (0.1, 0.1), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_both_sides_agree_to_the_last_cent(tmp_path: Path, chaos: float, trouble: float) -> None:
    platform = FakePlatform(trouble=trouble)

    async def play() -> dict:
        dealer = dealer_at(platform, tmp_path / "record", chaos=chaos)
        deal_everywhere(dealer, players=PLAYERS, rounds=40)
        return await settled(dealer)

    totals = asyncio.run(play())
    assert totals["by_player"] == platform.sums()
    assert totals["unresolved"] == 0
    assert totals["surprises"] == []
    for player, sums in totals["by_player"].items():
        assert platform.balance(player) == ENOUGH - sums["staked"] + sums["won"]


def test_brutal_chaos_shows_every_kind_of_message(tmp_path: Path) -> None:
    platform = FakePlatform()

    async def play() -> list[Round]:
        dealer = dealer_at(platform, tmp_path / "record", chaos=1.0)
        dealt = deal_everywhere(dealer, players=PLAYERS, rounds=40)
        await settled(dealer)
        return dealt

    dealt = asyncio.run(play())
    purposes = Counter(purpose for game_round in dealt for purpose in game_round.calls)
    assert {"open", "extra", "win1", "win2", "undo-open", "undo-extra"} <= purposes.keys()
    sent = Counter(action["action_id"] for message in platform.requests for action in message["actions"])
    assert max(sent.values()) > 2
    assert any(len(message["actions"]) > 1 for message in platform.requests)
    assert any(game_round.calls["open"].is_straggler for game_round in dealt)


def test_without_chaos_every_message_goes_out_once_and_the_last_one_closes(tmp_path: Path) -> None:
    platform = FakePlatform()

    async def play() -> list[Round]:
        dealer = dealer_at(platform, tmp_path / "record")
        dealt = deal_everywhere(dealer, players=["ann"], rounds=60)
        await settled(dealer)
        return dealt

    dealt = asyncio.run(play())
    sent = Counter(action["action_id"] for message in platform.requests for action in message["actions"])
    assert set(sent.values()) == {1}
    for game_round in dealt:
        closing = [m["finished"] for m in platform.requests if m["game_id"] == game_round.id]
        assert closing == [False] * (len(closing) - 1) + [True]


def test_a_lost_bet_is_rolled_back_and_its_win_never_sent(tmp_path: Path) -> None:
    platform = FakePlatform()
    platform.is_down = True

    async def play() -> Round:
        dealer = dealer_at(platform, tmp_path / "record")
        session = session_for(dealer, player="ann", game="fruit-fiesta")
        game_round, _ = dealer.deal(session, stake=100, extra=False)
        while not game_round.calls["open"].is_final:
            await asyncio.sleep(0)
        platform.is_down = False
        await settled(dealer)
        return game_round

    game_round = asyncio.run(play())
    assert game_round.calls["open"].verdict is Verdict.UNKNOWN
    assert game_round.calls["undo-open"].verdict is Verdict.TAKEN
    assert platform.sums() == {}


def test_a_refused_bet_ends_the_round_without_a_rollback(tmp_path: Path) -> None:
    platform = FakePlatform(funds=50)

    async def play() -> tuple[Round, dict]:
        dealer = dealer_at(platform, tmp_path / "record")
        session = session_for(dealer, player="ann", game="fruit-fiesta")
        game_round, _ = dealer.deal(session, stake=100, extra=False)
        return game_round, await settled(dealer)

    game_round, totals = asyncio.run(play())
    assert game_round.calls["open"].code == "100"
    assert not any(purpose.startswith("undo") for purpose in game_round.calls)
    assert (totals["bets"], totals["undone"], totals["refused"]) == (0, 0, {"100": 1})
    assert len(platform.requests) == 1


def test_a_drain_waits_for_a_platform_that_comes_back(tmp_path: Path) -> None:
    platform = FakePlatform()

    async def play() -> dict:
        dealer = dealer_at(platform, tmp_path / "record")
        before = deal_everywhere(dealer, players=["ann"], rounds=5)
        while not all(game_round.is_over for game_round in before):
            await asyncio.sleep(0)
        platform.is_down = True
        deal_everywhere(dealer, players=["bob"], rounds=5)
        draining = asyncio.create_task(settled(dealer))
        await asyncio.sleep(0.1)
        assert not draining.done()
        assert not dealer.is_open
        assert report.totals(dealer.store.path)["unresolved"] == 15
        platform.is_down = False
        return await draining

    totals = asyncio.run(play())
    assert totals["unresolved"] == 0
    assert totals["undone"] == 15
    assert totals["by_player"] == platform.sums()


def test_a_drain_that_takes_too_long_says_so(tmp_path: Path) -> None:
    platform = FakePlatform()
    platform.is_down = True

    async def play() -> bool:
        dealer = dealer_at(platform, tmp_path / "record")
        deal_everywhere(dealer, players=["ann"], rounds=1)
        return await dealer.drain(timeout_seconds=0.05)

    assert asyncio.run(play()) is False


@pytest.mark.parametrize("seed", range(6))
def test_a_new_process_resolves_what_a_crash_left(tmp_path: Path, seed: int) -> None:
    platform, path = FakePlatform(trouble=0.5, seed=seed), tmp_path / "record"

    async def play_until_crash() -> None:
        deal_everywhere(dealer_at(platform, path, chaos=0.5), players=PLAYERS, rounds=15)
        while len(platform.requests) < 20 + 15 * seed:
            await asyncio.sleep(0)

    async def resume() -> tuple[int, dict]:
        dealer: Dealer = dealer_at(platform, path, chaos=0.5)
        return dealer.recover(), await settled(dealer)

    # The end of the loop cancels every round wherever it stands, as the end of a process does.
    asyncio.run(play_until_crash())
    taken_up, totals = asyncio.run(resume())
    assert taken_up > 0
    assert totals["unresolved"] == 0
    assert totals["surprises"] == []
    assert totals["by_player"] == platform.sums()


def test_the_same_seed_and_sessions_give_the_same_messages(tmp_path: Path) -> None:
    def messages(name: str) -> list[str]:
        platform = FakePlatform()

        async def play() -> None:
            dealer = dealer_at(platform, tmp_path / name)
            deal_everywhere(dealer, players=["ann"], rounds=10)
            await settled(dealer)

        asyncio.run(play())
        return sorted(map(str, platform.requests))

    assert messages("first") == messages("second")
