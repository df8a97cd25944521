"""People, brands, games and rule sets for tests. Money is not made here: `funded` asks the real services."""

import secrets
from typing import Any

import factory

from apps.accounts import services as accounts
from apps.accounts.models import Player, User
from apps.core import crypto
from apps.core.money import of
from apps.core.operations import Asked
from apps.games.models import Game, ProviderAccount
from apps.games.rules import Action, ActionKind, Message
from apps.games.selectors import Account, account
from apps.markets import services as markets
from apps.markets.models import Brand, BrandLicence, Jurisdiction, Licence
from apps.wallet import services as wallet


def asked(source: str = "test") -> Asked:
    """Return somebody who asks for something new."""
    return Asked(source, secrets.token_hex(8), source)


class JurisdictionFactory(factory.django.DjangoModelFactory):
    """The demo jurisdiction, with its shipped rules in force."""

    class Meta:
        model = Jurisdiction
        django_get_or_create = ("code",)
        skip_postgeneration_save = True

    code = "demo"

    @factory.post_generation
    def rules(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        content = extracted or markets.rule_file("demo")
        markets.publish_rules(asked=asked(), content=content, approved_by="test")


class LicenceFactory(factory.django.DjangoModelFactory):
    """A licence whose day is UTC's, unless a test says otherwise."""

    class Meta:
        model = Licence
        django_get_or_create = ("code",)

    code = "licence"
    regulator = "none"
    legal_entity = "Test Ltd"
    timezone = "UTC"


class BrandFactory(factory.django.DjangoModelFactory):
    """A brand in two currencies."""

    class Meta:
        model = Brand
        django_get_or_create = ("code",)

    code = "brand"
    name = "Brand"
    currencies = factory.LazyFunction(lambda: ["EUR", "JPY", "KWD", "BTC", "USD", "GBP"])


class BrandLicenceFactory(factory.django.DjangoModelFactory):
    """The brand under the licence in the demo jurisdiction."""

    class Meta:
        model = BrandLicence
        django_get_or_create = ("brand", "licence", "jurisdiction")

    brand = factory.SubFactory(BrandFactory)
    licence = factory.SubFactory(LicenceFactory)
    jurisdiction = factory.SubFactory(JurisdictionFactory)


def new_player(
    *, currency: str = "EUR", brand: str = "brand", person_id: int | None = None, **more: Any
) -> Player:
    """Open a test player's account through the real service."""
    offer: BrandLicence = BrandLicenceFactory.create(brand__code=brand)
    new = accounts.NewPlayer(
        brand=brand,
        jurisdiction=offer.jurisdiction.code,
        currency=currency,
        email=f"{secrets.token_hex(6)}@example.test",
        person_id=person_id,
        is_test=True,
        **more,
    )
    done = accounts.open_account(asked=asked(), new=new, password=None)
    return Player.objects.get(id=done.value)


def funded(player: Player, amount: str) -> Player:
    """Give a test player money, such as "100.00 EUR", and return them."""
    wallet.fund_test_player(asked=asked(), player_id=player.id, amount=of(amount))
    return player


class ProviderAccountFactory(factory.django.DjangoModelFactory):
    """A provider account whose secret is `secret`, on which a stake needs no launch."""

    class Meta:
        model = ProviderAccount
        django_get_or_create = ("code",)

    code = "slots"
    title = "Slots"
    wrapped_secret = factory.LazyFunction(lambda: crypto.wrap(b"secret"))
    policy = factory.LazyFunction(lambda: {"launch_required": False})


class GameFactory(factory.django.DjangoModelFactory):
    """A live game of the account."""

    class Meta:
        model = Game
        django_get_or_create = ("account", "code")

    account = factory.SubFactory(ProviderAccountFactory)
    code = "fruit"
    title = "Fruit"


class StaffFactory(factory.django.DjangoModelFactory):
    """A member of staff without rights."""

    class Meta:
        model = User

    username = factory.Sequence(lambda number: f"staff-{number}")
    is_staff = True


def provider(code: str = "slots", **policy: Any) -> Account:
    """Return a provider account as the wire has it, with one game `fruit`."""
    row = ProviderAccountFactory(code=code, policy={"launch_required": False, **policy})
    GameFactory(account=row)
    return account(code)


def stake(reference: str, amount: str) -> Action:
    """Return a stake such as ("bet-1", "5.00 EUR")."""
    return Action(ActionKind.STAKE, reference, of(amount).units)


def win(reference: str, amount: str) -> Action:
    """Return a win."""
    return Action(ActionKind.WIN, reference, of(amount).units)


def undo(reference: str, original: str) -> Action:
    """Return an undo of an original."""
    return Action(ActionKind.UNDO, reference, original=original)


def message(
    player: Player, *actions: Action, round: str = "round-1", finished: bool = False, **more: Any
) -> Message:
    """Return a provider's message for a player."""
    values = {"currency": player.currency, "game": "fruit", **more}
    return Message(
        public_id=player.public_id, round_reference=round, finished=finished, actions=tuple(actions), **values
    )
