"""Accounts: opened once per brand and address, encrypted, restricted, and erased with their key."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts import selectors, services
from apps.accounts.errors import (
    CurrencyNotOffered,
    EmailTaken,
    PlayerNotFound,
    PublicIdTaken,
    RestrictionNotFound,
)
from apps.accounts.models import Person, PersonKey, Player, Profile, Restriction, Session, User
from apps.accounts.rules import PUBLIC_ID
from apps.core import clock
from apps.core.digests import digest
from apps.core.errors import Malformed, UnknownCurrency
from apps.core.models import Event, Operation
from tests.factories import BrandLicenceFactory, asked, new_player

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_brands():
    """Let two brands of one licence offer play."""
    for code in ("north", "south"):
        BrandLicenceFactory.create(brand__code=code, brand__currencies=["EUR", "JPY"])


def an_account(email: str = "anna@example.test", *, brand: str = "north", **more) -> int:
    password = more.pop("password", None)
    values = {"jurisdiction": "demo", "currency": "EUR", **more}
    new = services.NewPlayer(brand=brand, email=email, **values)
    return services.open_account(asked=asked(), new=new, password=password).value


def everything() -> tuple[int, ...]:
    """Return what a refusal must leave as it is."""
    tables = (Person, PersonKey, Player, Profile, User, Restriction, Session, Event, Operation)
    return tuple(table.objects.count() for table in tables)


def test_an_account_belongs_to_its_brand_licence_and_jurisdiction():
    player = Player.objects.get(id=an_account())
    assert (player.brand.code, player.licence.code, player.jurisdiction.code) == ("north", "licence", "demo")
    assert (player.currency, player.status, player.is_test) == ("EUR", "active", False)
    event = Event.objects.get(type="accounts.player.registered")
    assert (event.player_id, event.brand_id, event.licence_id) == (
        player.id,
        player.brand_id,
        player.licence_id,
    )
    assert event.payload == {"currency": "EUR", "is_test": False}


@pytest.mark.parametrize(
    "same", ["anna@example.test", "ANNA@Example.Test", " anna@example.test", "anna@example.test \t\n"]
)
def test_a_brand_has_one_account_for_an_address_whatever_its_case_and_spaces(same):
    an_account("anna@example.test")
    before = everything()
    with pytest.raises(EmailTaken):
        an_account(same)
    assert everything() == before


@pytest.mark.parametrize(
    "other", ["anna+1@example.test", "an.na@example.test", "anna@example.tést", "аnna@example.test"]
)
def test_an_address_that_only_looks_alike_is_another(other):
    assert an_account("anna@example.test") != an_account(other)


def test_the_same_address_opens_an_account_at_each_brand():
    first, second = an_account(brand="north"), an_account(brand="south")
    assert Player.objects.get(id=first).person_id != Player.objects.get(id=second).person_id
    assert selectors.email_of(first) == selectors.email_of(second) == "anna@example.test"


def test_accounts_of_a_known_person_share_the_person_and_their_key():
    first = Player.objects.get(id=an_account(brand="north"))
    second = Player.objects.get(id=an_account(brand="south", person_id=first.person_id))
    assert second.person_id == first.person_id
    assert PersonKey.objects.count() == 1
    assert selectors.email_of(second.id) == "anna@example.test"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"currency": "USD"}, CurrencyNotOffered),
        ({"currency": "eur"}, UnknownCurrency),
        ({"currency": "XXX"}, UnknownCurrency),
        ({"currency": ""}, UnknownCurrency),
        ({"brand": "nowhere"}, CurrencyNotOffered),
        ({"jurisdiction": "nowhere"}, CurrencyNotOffered),
    ],
)
def test_an_account_is_opened_only_where_and_in_what_the_brand_offers(wrong, error):
    before = everything()
    with pytest.raises(error):
        an_account(**wrong)
    assert everything() == before


def test_an_account_without_a_given_public_id_gets_one_that_cannot_be_guessed():
    ids = [Player.objects.get(id=an_account(f"{number}@example.test")).public_id for number in range(20)]
    assert len(set(ids)) == 20
    assert all(public_id.startswith("p-") and len(public_id) == 24 for public_id in ids)
    assert all(PUBLIC_ID.fullmatch(public_id) for public_id in ids)


@pytest.mark.parametrize("given", ["a", "x" * 64, "Player.1_2|3-4", "0", "-"])
def test_a_public_id_may_be_given_from_outside(given):
    assert Player.objects.get(id=an_account(public_id=given)).public_id == given
    assert selectors.player_id(given) == Player.objects.get().id


@pytest.mark.parametrize(
    "given", ["x" * 65, "a b", "a/b", "a\n", "\n", "ä", "１", "a@b", "a\x00b", "a:b", "%41", "a;b", "🎰"]
)
def test_a_public_id_of_another_shape_is_refused(given):
    before = everything()
    with pytest.raises(Malformed):
        an_account(public_id=given)
    assert everything() == before
    with pytest.raises(PlayerNotFound):
        selectors.player_id(given)


def test_a_public_id_is_one_players_over_all_brands():
    an_account(public_id="outside-7", brand="north")
    before = everything()
    with pytest.raises(PublicIdTaken):
        an_account("ben@example.test", public_id="outside-7", brand="south")
    assert everything() == before


def stored(player_id: int) -> str:
    """Return every column of the player's rows as text, as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT json_build_array((SELECT to_jsonb(p) FROM accounts_profile p WHERE p.player_id = %(id)s),
                (SELECT to_jsonb(p) FROM accounts_player p WHERE p.id = %(id)s),
                (SELECT to_jsonb(u) FROM accounts_user u WHERE u.player_id = %(id)s),
                (SELECT json_agg(e) FROM core_event e), (SELECT json_agg(o) FROM core_operation o))::text
            """,
            {"id": player_id},
        )
        return cursor.fetchone()[0].lower()


def test_personal_data_is_ciphertext_in_the_database():
    personal = {"first_name": "Annabella", "last_name": "Smithers", "password": "correct horse"}
    player_id = an_account("Anna.Smith@example.test", **personal)
    text = stored(player_id)
    for value in ("anna.smith", "example.test", "annabella", "smithers", "correct horse"):
        assert value not in text
    assert selectors.email_of(player_id) == "anna.smith@example.test"


def test_two_accounts_of_one_address_have_different_ciphertexts_and_one_index():
    an_account(brand="north")
    an_account(brand="south")
    first, second = Profile.objects.all()
    assert first.email != second.email
    assert first.email_index == second.email_index


def test_without_the_key_nothing_personal_can_be_read_again():
    player_id = an_account(first_name="Anna")
    PersonKey.objects.filter(person__player__id=player_id).delete()
    assert selectors.email_of(player_id) == ""
    assert Player.objects.filter(id=player_id).exists()
    assert Profile.objects.get(player_id=player_id).first_name


def test_the_key_of_one_person_opens_nothing_of_another():
    anna, ben = an_account("anna@example.test"), an_account("ben@example.test")
    PersonKey.objects.filter(person__player__id=anna).delete()
    assert (selectors.email_of(anna), selectors.email_of(ben)) == ("", "ben@example.test")


def test_many_test_accounts_are_opened_at_once_in_the_given_order():
    ids = [f"crowd-{number}" for number in (3, 1, 2)]
    values = {"brand": "north", "jurisdiction": "demo", "currency": "EUR", "public_ids": ids}
    who = asked()
    done = services.open_test_accounts(asked=who, **values)
    assert [Player.objects.get(id=player_id).public_id for player_id in done.value] == ids
    assert all(player.is_test for player in Player.objects.all())
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert services.open_test_accounts(asked=who, **values).value == done.value
    assert Player.objects.count() == 3


def restrict(player: Player, kind: str = "stake", **more) -> int:
    values = {"player_id": player.id, "kind": kind, "reason": "looked at", **more}
    return services.restrict(asked=asked(), **values).value


def in_force(player: Player) -> list[str]:
    return [restriction.kind for restriction in selectors.open_restrictions(player.id)]


def test_a_restriction_holds_until_it_is_lifted():
    player = new_player()
    restriction = restrict(player)
    with clock.moved(timedelta(days=3650)):
        assert in_force(player) == ["stake"]
    services.lift_restriction(asked=asked(), player_id=player.id, restriction_id=restriction, reason="done")
    assert in_force(player) == []
    types = Event.objects.filter(player_id=player.id).order_by("id").values_list("type", "payload__reason")
    assert list(types)[1:] == [
        ("accounts.restriction.applied", "looked at"),
        ("accounts.restriction.lifted", "done"),
    ]


def test_a_restriction_for_some_hours_ends_by_itself():
    player = new_player()
    restrict(player, hours=2)
    with clock.moved(timedelta(hours=1, minutes=59)):
        assert in_force(player) == ["stake"]
    with clock.moved(timedelta(hours=2, minutes=1)):
        assert in_force(player) == []


@pytest.mark.parametrize("after", ["lifted", "expired", "of another", "unknown"])
def test_only_a_restriction_in_force_of_that_player_can_be_lifted(after):
    player, other = new_player(), new_player()
    restriction = restrict(player, hours=1)
    values = {"player_id": player.id, "restriction_id": restriction, "reason": "again"}
    if after == "lifted":
        services.lift_restriction(asked=asked(), **values)
    values |= {"of another": {"player_id": other.id}, "unknown": {"restriction_id": 0}}.get(after, {})
    before = everything()
    with clock.moved(timedelta(hours=2 if after == "expired" else 0)), pytest.raises(RestrictionNotFound):
        services.lift_restriction(asked=asked(), **values)
    assert everything() == before


def test_a_restriction_of_no_known_kind_is_a_mistake_of_ours_and_leaves_nothing():
    player = new_player()
    before = everything()
    with pytest.raises(ValueError, match="everything"):
        restrict(player, "everything")
    assert everything() == before


@pytest.mark.parametrize("status", ["pending", "suspended", "closed"])
def test_a_change_of_status_ends_sessions_where_the_account_is_not_active_any_more(status):
    player = new_player()
    services.change_status(asked=asked(), player_id=player.id, status=status, reason="rule")
    player.refresh_from_db()
    assert player.status == status
    event = Event.objects.get(type="accounts.status.changed")
    assert event.payload == {"before": "active", "after": status, "reason": "rule"}


def test_a_status_that_does_not_exist_is_a_mistake_of_ours_and_leaves_nothing():
    player = new_player()
    before = everything()
    with pytest.raises(ValueError, match="banished"):
        services.change_status(asked=asked(), player_id=player.id, status="banished", reason="rule")
    player.refresh_from_db()
    assert (player.status, everything()) == ("active", before)


@pytest.mark.parametrize("act", [services.change_status, services.restrict, services.end_sessions])
def test_an_act_on_nobody_is_refused(act):
    more = {services.change_status: {"status": "closed"}, services.restrict: {"kind": "all"}}.get(act, {})
    with pytest.raises(PlayerNotFound):
        act(asked=asked(), player_id=0, reason="none", **more)
    assert not Event.objects.filter(player_id=0).exclude(type__startswith="markets.").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["brand_id", "licence_id", "jurisdiction_id"])
def test_a_player_stays_where_they_belong(column):
    player = new_player()
    with pytest.raises(IntegrityError), transaction.atomic():
        Player.objects.filter(id=player.id).update(**{column: 10**6})
    assert Player.objects.values(column).get(id=player.id) == {column: getattr(player, column)}


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"currency": "JPY"}, {"public_id": "somebody-else"}])
def test_a_players_currency_and_public_id_never_change(change):
    player = new_player()
    with pytest.raises(IntegrityError), transaction.atomic():
        Player.objects.filter(id=player.id).update(**change)
    player.refresh_from_db()
    assert player.currency == "EUR"


@pytest.mark.django_db
def test_what_is_kept_of_an_opened_account_is_no_hash_of_personal_data_alone():
    player = new_player()
    kept = bytes(Operation.objects.get(kind="accounts.open_account").digest)
    profile = {
        "brand": "brand",
        "jurisdiction": "demo",
        "currency": "EUR",
        "email": selectors.email_of(player.id),
    }
    guess = digest(["accounts.open_account", {"new": services.NewPlayer(**profile, is_test=True)}])
    assert kept != guess
