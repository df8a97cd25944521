"""Acts on players: open an account, lock the lane, start and end sessions, restrict, change status."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError

from apps.accounts import events, selectors
from apps.accounts.errors import (
    CurrencyNotOffered,
    EmailTaken,
    PlayerNotFound,
    PublicIdTaken,
    RestrictionNotFound,
)
from apps.accounts.models import Person, PersonKey, Player, Profile, Restriction, Session, User
from apps.accounts.rules import (
    PlayerStatus,
    RestrictionKind,
    Scope,
    ensure_public_id,
    new_public_id,
    normalised_email,
)
from apps.core import clock, crypto, money
from apps.core.errors import DomainError
from apps.core.events import publish
from apps.core.operations import Lane, operation, transaction_required
from apps.markets import selectors as markets

if TYPE_CHECKING:
    from apps.markets.models import BrandLicence

SESSION_LIFE = timedelta(hours=12)
TOKEN_BYTES = 32


def lane_of(player: Player) -> Lane:
    """Return the lane of a player whose row is locked: where the act belongs, and its business day."""
    today = markets.calendar(player.licence_id).business_date(clock.now())
    return Lane(player.id, player.brand_id, player.licence_id, today)


@transaction_required
def lane(arguments: dict[str, Any]) -> Lane:
    """
    Lock the row of the player whom an act names, in a statement of its own.

    :raises PlayerNotFound: there is none with this id.
    """
    player = Player.objects.select_for_update(no_key=True).filter(id=arguments["player_id"]).first()
    if player is None:
        raise PlayerNotFound(player_id=arguments["player_id"])
    return lane_of(player)


@transaction_required
def person_lane(arguments: dict[str, Any]) -> Lane:
    """
    Lock a person, then every player of theirs in the order of ids, for acts that span a licence.

    The person is that of the player whom the act names; so is the lane that is returned.
    """
    named = Player.objects.filter(id=arguments["player_id"]).values_list("person_id", flat=True).first()
    if named is not None:
        Person.objects.select_for_update(no_key=True).get(id=named)
        players = Player.objects.select_for_update(no_key=True).filter(person_id=named)
        list(players.order_by("id"))
    return lane(arguments)


@transaction_required
def lock_players(player_ids: list[int]) -> list[Player]:
    """Lock players in the order of ids and return them, for acts that span several."""
    return list(Player.objects.select_for_update(no_key=True).filter(id__in=player_ids).order_by("id"))


@transaction_required
def players_of_person(player_id: int) -> list[Player]:
    """Return every player of the same person, this one included, in the order of ids."""
    player = Player.objects.get(id=player_id)
    if player.person_id is None:
        return [player]
    return list(Player.objects.filter(person_id=player.person_id).order_by("id"))


class NewPlayer(msgspec.Struct, frozen=True, kw_only=True):
    """What opens an account. `public_id` and `person_id` are given only where they exist already."""

    brand: str
    jurisdiction: str
    currency: str
    email: str
    first_name: str = ""
    last_name: str = ""
    public_id: str = ""
    person_id: int | None = None
    is_test: bool = False


@operation("accounts.open_account", secrets=("password",), personal=("new",))
def open_account(*, operation_id: int, new: NewPlayer, password: str | None) -> int:
    """
    Open a player account with its credentials and return the player's id.

    :param password: None leaves the account without a usable one (load tests).
    :raises CurrencyNotOffered: the brand opens no accounts in this currency there.
    :raises EmailTaken: the brand has an account with this e-mail.
    :raises PublicIdTaken: somebody has the public id that was given.
    """
    offer = _offer(new.brand, new.jurisdiction, new.currency)
    email = normalised_email(new.email)
    key, person_id = _person(new.person_id)
    sealed = _sealed(key, {"email": email, "first_name": new.first_name, "last_name": new.last_name})
    public_id = new.public_id or new_public_id()
    ensure_public_id(public_id)
    with _refusing_what_is_taken():
        player = Player.objects.create(
            person_id=person_id,
            public_id=public_id,
            brand=offer.brand,
            licence=offer.licence,
            jurisdiction=offer.jurisdiction,
            currency=new.currency,
            is_test=new.is_test,
            created_at=clock.now(),
        )
        Profile.objects.create(player=player, brand=offer.brand, **sealed)
        User.objects.create(username=public_id, player=player, password=make_password(password))
    publish(
        events.PlayerRegistered(currency=new.currency, is_test=new.is_test),
        lane=lane_of(player),
    )
    return player.id


_TAKEN: dict[str, type[DomainError]] = {
    "accounts_profile_email_once": EmailTaken,
    "accounts_player_public_id_key": PublicIdTaken,
    "accounts_user_username_key": PublicIdTaken,
}


@contextmanager
def _refusing_what_is_taken() -> Iterator[None]:
    """Let the unique constraints decide: whoever looks first and inserts then loses a race with the same."""
    try:
        yield
    except IntegrityError as error:
        cause = error.__cause__
        name = cause.diag.constraint_name if isinstance(cause, psycopg.IntegrityError) else None
        taken = _TAKEN.get(name or "")
        if taken is None:
            raise
        raise taken from error


def _person(person_id: int | None) -> tuple[bytes, int]:
    """Return the data key and id of a known person, or of a new one."""
    if person_id is not None:
        return crypto.unwrap(PersonKey.objects.get(person_id=person_id).wrapped_key), person_id
    key = crypto.new_key()
    person = Person.objects.create(created_at=clock.now())
    PersonKey.objects.create(person=person, wrapped_key=crypto.wrap(key))
    return key, person.id


def new_token() -> tuple[str, str]:
    """Return a fresh bearer token and the keyed hash under which its session is stored."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, selectors.token_hash_of(token)


@transaction_required
def start_session(*, player_id: int, token_hash: str, ip_address: str | None, user_agent: str) -> Session:
    """Start a session for the holder of a token and return its row."""
    session = Session.objects.create(
        player_id=player_id,
        token_hash=token_hash,
        started_at=clock.now(),
        expires_at=clock.now() + SESSION_LIFE,
        ip_address=ip_address,
        user_agent=user_agent[:500],
    )
    publish(events.SessionStarted(session_id=session.id))
    return session


@transaction_required
def end_open_sessions(*, player: Player, reason: str, session_id: int | None = None) -> list[int]:
    """End all sessions of a player, or one, at once; return their ids."""
    opened = Session.objects.filter(player=player, ended_at=None)
    if session_id is not None:
        opened = opened.filter(id=session_id)
    ids = list(opened.order_by("id").values_list("id", flat=True))
    opened.filter(id__in=ids).update(ended_at=clock.now(), end_reason=reason)
    if ids:
        publish(events.SessionsEnded(session_ids=ids, reason=reason), lane=lane_of(player))
    return ids


@operation("accounts.end_sessions", lock=lane)
def end_sessions(
    *, operation_id: int, player_id: int, reason: str, session_id: int | None = None
) -> list[int]:
    """End a player's sessions, or the one named, and return the ids of those that were open."""
    player = Player.objects.get(id=player_id)
    return end_open_sessions(player=player, reason=reason, session_id=session_id)


@operation("accounts.restrict", lock=lane)
def restrict(*, operation_id: int, player_id: int, kind: str, reason: str, hours: int | None = None) -> int:
    """
    Stop an act of a player at their brand, for some hours or until lifted; return the restriction's id.

    :param kind: one of `RestrictionKind`.
    """
    player = Player.objects.get(id=player_id)
    now = clock.now()
    row = Restriction.objects.create(
        player=player,
        scope=Scope.BRAND,
        scope_id=player.brand_id,
        kind=RestrictionKind(kind),
        starts_at=now,
        ends_at=None if hours is None else now + timedelta(hours=hours),
        source=f"operation:{operation_id}",
        reason=reason,
        operation_id=operation_id,
    )
    publish(events.RestrictionApplied(restriction_id=row.id, kind=kind, reason=reason))
    return row.id


@operation("accounts.lift_restriction", lock=lane)
def lift_restriction(*, operation_id: int, player_id: int, restriction_id: int, reason: str) -> None:
    """
    End a restriction of a player now.

    :raises RestrictionNotFound: the player has no such restriction in force.
    """
    now = clock.now()
    rows = Restriction.objects.filter(id=restriction_id, player_id=player_id).exclude(ends_at__lte=now)
    if not rows.update(ends_at=now):
        raise RestrictionNotFound(restriction_id=restriction_id)
    publish(events.RestrictionLifted(restriction_id=restriction_id, reason=reason))


@operation("accounts.change_status", lock=lane)
def change_status(*, operation_id: int, player_id: int, status: str, reason: str) -> str:
    """Put an account into another status and return the one it had; sessions end where log-in stops."""
    player = Player.objects.get(id=player_id)
    before, after = player.status, PlayerStatus(status)
    Player.objects.filter(id=player_id).update(status=after.value)
    if after is not PlayerStatus.ACTIVE:
        end_open_sessions(player=player, reason=f"status:{after.value}")
    publish(events.StatusChanged(before=before, after=after.value, reason=reason))
    return before


@operation("accounts.open_test_accounts")
def open_test_accounts(
    *, operation_id: int, brand: str, jurisdiction: str, currency: str, public_ids: list[str]
) -> list[int]:
    """
    Open test accounts without usable passwords, many at once, and return their ids in the given order.

    :raises CurrencyNotOffered: the brand opens no accounts in this currency there.
    """
    offer = _offer(brand, jurisdiction, currency)
    now = clock.now()
    persons = Person.objects.bulk_create([Person(created_at=now) for _ in public_ids])
    keys = [crypto.new_key() for _ in persons]
    PersonKey.objects.bulk_create(
        [
            PersonKey(person=person, wrapped_key=crypto.wrap(key))
            for person, key in zip(persons, keys, strict=True)
        ]
    )
    players = Player.objects.bulk_create(
        [
            Player(
                person=person,
                public_id=public_id,
                brand=offer.brand,
                licence=offer.licence,
                jurisdiction=offer.jurisdiction,
                currency=currency,
                is_test=True,
                created_at=now,
            )
            for person, public_id in zip(persons, public_ids, strict=True)
        ]
    )
    Profile.objects.bulk_create(
        [
            Profile(
                player=player,
                brand=offer.brand,
                **_sealed(key, {"email": f"{player.public_id}@test.invalid"}),
            )
            for player, key in zip(players, keys, strict=True)
        ]
    )
    unusable = make_password(None)
    User.objects.bulk_create([User(username=p.public_id, player=p, password=unusable) for p in players])
    for player in players:
        publish(events.PlayerRegistered(currency=currency, is_test=True), lane=lane_of(player))
    return [player.id for player in players]


def _offer(brand: str, jurisdiction: str, currency: str) -> "BrandLicence":
    offer = markets.offer(brand, jurisdiction)
    if offer is None or currency not in offer.brand.currencies:
        raise CurrencyNotOffered(brand=brand, currency=money.currency(currency).code)
    return offer


def _sealed(key: bytes, personal: dict[str, str]) -> dict[str, str]:
    """Return personal fields encrypted under a person's key, and the blind index of the e-mail address."""
    sealed = {
        name: crypto.encrypt(key, value, purpose=f"accounts.Profile.{name}")
        for name, value in personal.items()
    }
    return sealed | {"email_index": crypto.blind_index(personal["email"], purpose="accounts.Profile.email")}
