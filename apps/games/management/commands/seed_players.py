"""Make funded test players and a provider account for load tests by outside tools."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.accounts import services as accounts
from apps.accounts.selectors import taken_public_ids
from apps.core import money
from apps.core.operations import Asked
from apps.games import services
from apps.markets import services as markets
from apps.wallet import services as wallet

CHUNK = 500
JURISDICTION = "demo"
BRAND = "bench"
ACCOUNT = "bench"
GAME = "bench:load"


class Command(BaseCommand):
    help = (
        "Make N test players PREFIX1..PREFIXN, funded through the ledger, and the provider account `bench`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=100)
        parser.add_argument("--currency", default="USD")
        parser.add_argument("--balance", default="1000.00")
        parser.add_argument("--prefix", default="bench-user-")
        parser.add_argument("--secret", default="test")

    def handle(
        self, *, count: int, currency: str, balance: str, prefix: str, secret: str, **options: Any
    ) -> None:
        amount = money.parse(balance, currency)
        brand = f"{BRAND}-{currency.lower()}"
        _open_market(brand, currency)
        _open_account(secret)
        wanted = [f"{prefix}{number}" for number in range(1, count + 1)]
        known = taken_public_ids(wanted)
        missing = [public_id for public_id in wanted if public_id not in known]
        for start in range(0, len(missing), CHUNK):
            _open_players(brand, amount, missing[start : start + CHUNK])
        self.stdout.write(
            f"{len(missing)} players made, {len(known)} were there: {prefix}1 .. {prefix}{count}"
        )


def _asked(reference: str) -> Asked:
    return Asked(source="command:seed_players", reference=reference, actor="command:seed_players")


def _open_market(brand: str, currency: str) -> None:
    plan = markets.BrandPlan(
        brand=brand,
        name="Load tests",
        currencies=[currency],
        licence="demo",
        regulator="none",
        legal_entity="Demo Ltd",
        timezone="Europe/Malta",
        jurisdiction=JURISDICTION,
    )
    markets.open_brand(asked=_asked(f"brand:{brand}"), plan=plan)
    rules = markets.rule_file(JURISDICTION)
    markets.publish_rules(asked=_asked("rules"), content=rules, approved_by="command:seed_players")


def _open_account(secret: str) -> None:
    done = services.open_provider_account(
        asked=_asked(f"account:{ACCOUNT}:{secrets.token_hex(8)}"),
        code=ACCOUNT,
        title="Load tests",
        secret=secret,
        policy={"launch_required": False},
    )
    services.add_game(asked=_asked(f"game:{GAME}"), account_id=done.value, code=GAME, title=GAME)


def _open_players(brand: str, amount: money.Money, public_ids: list[str]) -> None:
    chunk = f"{public_ids[0]}..{public_ids[-1]}"
    opened = accounts.open_test_accounts(
        asked=_asked(f"players:{chunk}"),
        brand=brand,
        jurisdiction=JURISDICTION,
        currency=amount.currency,
        public_ids=public_ids,
    )
    wallet.fund_test_players(asked=_asked(f"funds:{chunk}"), player_ids=opened.value, amount=amount)
