"""
Fill a database for the demo and write down who can log in.

Every run brings the demo to the same state: what is there is kept, what is missing is made. Passwords are
known to the file alone; where it is gone, everybody gets a new one.
"""

import json
import secrets
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django_otp.plugins.otp_static.models import StaticToken

from apps.accounts import selectors as accounts
from apps.accounts import services as account_acts
from apps.accounts.errors import PlayerNotFound
from apps.backoffice import selectors, services
from apps.backoffice.rules import BACKUP_CODES
from apps.core import money
from apps.core.digests import digest
from apps.core.operations import Asked
from apps.games import selectors as games
from apps.games import services as game_acts
from apps.games.errors import ProviderUnknown
from apps.markets import services as markets
from apps.responsible_gaming import services as responsible_gaming
from apps.wallet import selectors as wallets
from apps.wallet import services as wallet

SOURCE = "command:load_demo"
JURISDICTION = "demo"
BRANDS = {"demo": ("Demo Casino", "EUR"), "demo-uk": ("Demo Casino UK", "GBP")}
STAFF = {
    "alice": ("payments", ["payments"]),
    "bob": ("finance approver", ["finance"]),
    "sue": ("support", ["support"]),
    "sam": ("security", ["security"]),
    "gwen": ("games operations", ["games_operations"]),
    "carl": ("compliance", ["compliance"]),
    "ada": ("auditor", ["auditor"]),
}
ACCOUNT = "demo-slots"
# What the simulated provider offers: code, title, and what it returns in the long run, in percent.
GAMES = (
    ("fruit-fiesta", "Fruit Fiesta", "95.911"),
    ("pharaohs-respin", "Pharaoh's Respin", "95.518"),
    ("lucky-orbs", "Lucky Orbs", "95.996"),
)
FIRST_NAMES = ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Henry", "Ida", "Jonas")
LAST_NAMES = ("Adler", "Brook", "Castell", "Dorn", "Ebner", "Falk", "Grech", "Hale")
FUNDS, REFILL_BELOW = "1000.00", "200.00"
LIMITED_EACH, DAILY_LOSS = 8, "40.00"
EVERY_UK = 4
PASSWORD_BYTES = 9


def asked(reference: str) -> Asked:
    """Return who asks; the reference is the same in every run where the act is."""
    return Asked(SOURCE, reference, SOURCE)


def anew(reference: str) -> Asked:
    """Return who asks for something that each run does for itself."""
    return asked(f"{reference}:{secrets.token_hex(8)}")


class Command(BaseCommand):
    help = "Make the demo's market, games, staff and funded players, and write their credentials to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many players, where the file is, and where the simulated provider listens."""
        parser.add_argument("--players", type=int, default=40)
        parser.add_argument("--file", type=Path, required=True)
        parser.add_argument("--sandbox-url", required=True)

    def handle(self, *, players: int, file: Path, sandbox_url: str, **options: Any) -> None:
        """Bring the demo to its state, in the order in which its parts need each other."""
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        open_markets()
        written = {
            "staff": load_staff({person["username"]: person for person in known.get("staff", [])}),
            "players": load_players(players, {one["email"]: one for one in known.get("players", [])}),
            "provider": load_provider(sandbox_url),
        }
        save(file, written)
        self.stdout.write(f"{len(written['players'])} players, {len(written['staff'])} staff: {file}")


def save(file: Path, written: dict[str, Any]) -> None:
    """Write the file in one go, for its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(written, indent=2), encoding="utf-8")
    fresh.replace(file)


def open_markets() -> None:
    """Open both brands, and put the shipped rules in force."""
    for brand, (name, currency) in BRANDS.items():
        plan = markets.BrandPlan(
            brand=brand,
            name=name,
            currencies=[currency],
            licence="demo",
            regulator="none",
            legal_entity="Demo Ltd",
            timezone="Europe/Malta",
            jurisdiction=JURISDICTION,
        )
        markets.open_brand(asked=asked(f"brand:{digest(plan).hex()}"), plan=plan)
    rules = markets.rule_file(JURISDICTION)
    markets.publish_rules(asked=asked(f"rules:{digest(rules).hex()}"), content=rules, approved_by=SOURCE)


def load_staff(known: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the groups and the staff, and return their credentials."""
    services.make_groups(asked=anew("groups"))
    return [_member(name, role, groups, known.get(name, {})) for name, (role, groups) in STAFF.items()]


def _member(name: str, role: str, groups: list[str], known: dict[str, Any]) -> dict[str, Any]:
    user_id, password = selectors.staff_id(name), known.get("password")
    if user_id is None:
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        opened = services.open_staff_account(
            asked=anew(f"staff:{name}"), username=name, password=password, groups=groups
        )
        user_id = opened.value
    left = selectors.unused_demo_codes(user_id)
    codes = [code for code in known.get("codes", []) if code in left]
    codes += [StaticToken.random_token() for _ in range(BACKUP_CODES - len(codes))]
    services.equip_demo_staff(asked=anew(f"codes:{name}"), user_id=user_id, codes=codes)
    password = password or _new_password(name)
    return {"username": name, "password": password, "role": role, "codes": codes}


def _new_password(username: str) -> str:
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    services.set_demo_password(asked=anew(f"password:{username}"), username=username, password=password)
    return password


def load_players(count: int, known: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the players, fund them, give some a limit, and return their credentials."""
    return [_player(number, known) for number in range(1, count + 1)]


def _player(number: int, known: dict[str, Any]) -> dict[str, Any]:
    brand = "demo" if number % EVERY_UK else "demo-uk"
    currency = BRANDS[brand][1]
    first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number % len(LAST_NAMES)]
    email = f"{first}.{last}.{number}@example.com".lower()
    public_id, password = f"demo-{number:04d}", known.get(email, {}).get("password")
    try:
        player_id = accounts.player_id(public_id)
        password = password or _new_password(public_id)
    except PlayerNotFound:
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        new = account_acts.NewPlayer(
            brand=brand,
            jurisdiction=JURISDICTION,
            currency=currency,
            email=email,
            first_name=first,
            last_name=last,
            public_id=public_id,
            is_test=True,
        )
        player_id = account_acts.open_account(asked=anew(public_id), new=new, password=password).value
    _fund(player_id, currency)
    if number % LIMITED_EACH == 0:
        _limit(player_id, currency)
    return {"brand": brand, "email": email, "password": password}


def _fund(player_id: int, currency: str) -> None:
    """Fill a purse up that is nearly empty."""
    cash = wallets.balance(player_id=player_id, currency=currency)["cash"]
    if cash < money.parse(REFILL_BELOW, currency):
        funds = money.parse(FUNDS, currency)
        wallet.fund_test_player(asked=anew(f"funds:{player_id}"), player_id=player_id, amount=funds)


def _limit(player_id: int, currency: str) -> None:
    responsible_gaming.set_limit(
        asked=Asked(f"player:{player_id}", f"demo:{DAILY_LOSS}", f"player:{player_id}"),
        player_id=player_id,
        kind="loss",
        period="day",
        amount=money.parse(DAILY_LOSS, currency),
    )


def load_provider(sandbox_url: str) -> dict[str, Any]:
    """Make the provider's account, or bring it to where the provider listens; its secret stays."""
    games.forget_accounts()
    try:
        account = games.account(ACCOUNT)
        secret, is_there = account.secret.decode(), account.launch_url == sandbox_url
    except ProviderUnknown:
        secret, is_there = secrets.token_urlsafe(32), False
    if not is_there:
        game_acts.open_provider_account(
            asked=anew(f"account:{ACCOUNT}"),
            code=ACCOUNT,
            title="Demo slots",
            secret=secret,
            launch_url=sandbox_url,
        )
        games.forget_accounts()
    account_id = games.account(ACCOUNT).id
    for code, title, returned in GAMES:
        game_acts.add_game(
            asked=asked(f"game:{code}"),
            account_id=account_id,
            code=code,
            title=title,
            theoretical_rtp=returned,
        )
    return {"account": ACCOUNT, "secret": secret, "games": [code for code, _, _ in GAMES]}
