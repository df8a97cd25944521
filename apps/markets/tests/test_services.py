"""Brands and rule sets: versions with dates, a brand's own text first, and a market that is a data file."""

import json
import shutil
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from apps.accounts import services as accounts
from apps.accounts.models import Player
from apps.core import clock
from apps.core.errors import Malformed, ReferenceReused
from apps.core.models import Event
from apps.core.money import of
from apps.games import services as games
from apps.games.models import GameSession
from apps.markets import selectors, services
from apps.markets.errors import RuleSetInvalid, RuleSetMissing, RuleVersionTaken, UnknownBrand
from apps.markets.models import Brand, BrandLicence, Jurisdiction, Licence, RuleSet
from apps.markets.rules import content_hash, rule_set
from apps.responsible_gaming import services as responsible_gaming
from apps.responsible_gaming.models import Limit
from tests.factories import BrandLicenceFactory, asked, new_player, provider

pytestmark = pytest.mark.django_db
PLAN = services.BrandPlan(
    brand="north",
    name="North",
    currencies=["EUR", "SEK"],
    licence="north-1",
    regulator="Authority",
    legal_entity="North Ltd",
    timezone="Europe/Malta",
    jurisdiction="xn",
)


def text_of(version: int, *, days: float = 0, jurisdiction: str = "xn", **more) -> dict:
    """Return a rule set that takes effect some days from now."""
    text = deepcopy(services.rule_file("demo"))
    date = (clock.now() + timedelta(days=days)).isoformat()
    return {**text, "jurisdiction": jurisdiction, "version": version, "effective_from": date, **more}


def publish(text: object) -> int:
    return services.publish_rules(asked=asked(), content=text, approved_by="counsel").value


def hours_in_force(jurisdiction: str = "xn", brand_id: int = 0) -> int:
    """Return one figure of the rules in force, by which the tests tell them apart."""
    found = Jurisdiction.objects.get(code=jurisdiction)
    rules, _ = selectors.rules_in_force(jurisdiction_id=found.id, brand_id=brand_id)
    return rules.game_session_hours


def test_a_published_rule_set_is_in_force_and_says_who_approved_it():
    row_id = publish(text_of(1, days=-1, game_session_hours=3))
    row = RuleSet.objects.get(id=row_id)
    assert (row.jurisdiction.code, row.brand, row.version, row.approved_by) == ("xn", None, 1, "counsel")
    assert row.content_hash == content_hash(rule_set(row.content))
    assert hours_in_force() == 3
    event = Event.objects.get(type="markets.rules.published")
    assert event.payload == {"rule_set_id": row_id, "rules_version": 1, "content_hash": row.content_hash}


def test_the_decision_names_the_row_that_it_used():
    row_id = publish(text_of(1, days=-1))
    found = Jurisdiction.objects.get(code="xn")
    assert selectors.rules_in_force(jurisdiction_id=found.id, brand_id=0)[1] == row_id


def test_a_version_takes_effect_at_its_date_and_not_before():
    publish(text_of(1, days=-1, game_session_hours=3))
    publish(text_of(2, days=2, game_session_hours=5))
    assert hours_in_force() == 3
    with clock.moved(timedelta(days=1, hours=23)):
        assert hours_in_force() == 3
    with clock.moved(timedelta(days=2, minutes=1)):
        assert hours_in_force() == 5


def test_of_two_versions_with_one_date_the_higher_is_in_force():
    date = datetime(2026, 5, 1, tzinfo=UTC).isoformat()
    publish(text_of(3, effective_from=date, game_session_hours=7))
    publish(text_of(2, effective_from=date, game_session_hours=5))
    assert hours_in_force() == 7


def test_of_two_versions_the_later_date_is_in_force_whatever_their_numbers():
    publish(text_of(9, days=-9, game_session_hours=9))
    publish(text_of(1, days=-1, game_session_hours=1))
    assert hours_in_force() == 1


def test_before_the_first_date_there_are_no_rules():
    publish(text_of(1, days=1))
    with pytest.raises(RuleSetMissing):
        hours_in_force()


def test_rules_of_another_jurisdiction_are_not_in_force_here():
    Jurisdiction.objects.create(code="xn")
    publish(text_of(1, days=-1, jurisdiction="xs"))
    with pytest.raises(RuleSetMissing):
        hours_in_force("xn")


def test_a_brands_own_text_goes_before_the_jurisdictions_for_that_brand_alone():
    row = RuleSet.objects.get(id=publish(text_of(5, days=-1, game_session_hours=3)))
    own, other = (
        Brand.objects.create(code="own", name="Own"),
        Brand.objects.create(code="other", name="Other"),
    )
    stricter = text_of(1, days=-30, game_session_hours=1)
    RuleSet.objects.create(
        jurisdiction=row.jurisdiction,
        brand=own,
        version=1,
        effective_from=clock.now() - timedelta(days=30),
        content=msgspec.to_builtins(rule_set(stricter)),
        content_hash="",
        approved_by="counsel",
    )
    assert hours_in_force(brand_id=own.id) == 1
    assert hours_in_force(brand_id=other.id) == 3


def test_a_version_that_was_published_is_kept_and_announced_once():
    text = text_of(1, days=-1)
    assert publish(text) == publish(text)
    assert RuleSet.objects.filter(jurisdiction__code="xn").count() == 1
    assert Event.objects.filter(type="markets.rules.published").count() == 1


def test_a_version_that_was_published_cannot_get_other_content():
    text = text_of(1, days=-1, game_session_hours=3)
    publish(text)
    with pytest.raises(RuleVersionTaken) as refused:
        publish({**text, "game_session_hours": 24})
    assert refused.value.facts == {"jurisdiction": "xn", "version": 1}
    assert hours_in_force() == 3


def test_a_broken_rule_set_is_not_published_and_the_old_one_stays_in_force():
    publish(text_of(1, days=-1, game_session_hours=3))
    with pytest.raises(RuleSetInvalid) as refused:
        publish(text_of(2, days=-1, game_session_hours=99))
    assert refused.value.facts["path"] == "$.game_session_hours"
    assert hours_in_force() == 3
    assert RuleSet.objects.filter(jurisdiction__code="xn").count() == 1


def test_a_brand_opens_with_its_licence_and_its_jurisdiction():
    brand_id = services.open_brand(asked=asked(), plan=PLAN).value
    offer = selectors.offer("north", "xn")
    assert offer is not None
    assert (offer.brand_id, offer.licence.code, offer.jurisdiction.code) == (brand_id, "north-1", "xn")
    assert selectors.brand("north").currencies == ["EUR", "SEK"]
    assert selectors.calendar(offer.licence_id).timezone == "Europe/Malta"


def test_opening_a_brand_again_keeps_what_is_there():
    who = asked()
    first = services.open_brand(asked=who, plan=PLAN)
    assert services.open_brand(asked=who, plan=PLAN).replayed
    with pytest.raises(ReferenceReused):
        services.open_brand(asked=who, plan=msgspec.structs.replace(PLAN, name="Other"))
    again = services.open_brand(asked=asked(), plan=msgspec.structs.replace(PLAN, timezone="UTC"))
    assert again.value == first.value
    assert (Brand.objects.count(), Licence.objects.count(), BrandLicence.objects.count()) == (1, 1, 1)
    assert Licence.objects.get().timezone == "Europe/Malta"


@pytest.mark.parametrize(
    "timezone", ["", "Malta", "Europe/Atlantis", "UTC+1", "../etc/passwd", "europe/malta"]
)
def test_a_licence_in_no_time_zone_is_refused(timezone):
    with pytest.raises(Malformed) as refused:
        services.open_brand(asked=asked(), plan=msgspec.structs.replace(PLAN, timezone=timezone))
    assert refused.value.facts["field"] == "timezone"
    assert not Licence.objects.exists()


def test_an_unknown_brand_is_not_found():
    with pytest.raises(UnknownBrand):
        selectors.brand("nowhere")
    assert selectors.offer("nowhere", "xn") is None


def test_a_brand_offers_nothing_where_it_has_no_licence():
    BrandLicenceFactory.create(brand__code="brand")
    assert selectors.offer("brand", "xn") is None


def test_a_new_market_is_a_data_file(tmp_path, monkeypatch):
    law = {
        "kind": "loss",
        "periods": ["week"],
        "window": "rolling",
        "increase": {"delay_hours": 72},
    }
    text = text_of(1, days=-1, limits=[law], game_session_hours=1)
    shutil.copytree(services.DATA, tmp_path, dirs_exist_ok=True)
    (tmp_path / "xn.json").write_text(json.dumps(text), encoding="utf-8")
    monkeypatch.setattr(services, "DATA", tmp_path)
    services.open_brand(asked=asked(), plan=PLAN)
    publish(services.rule_file("xn"))
    new = accounts.NewPlayer(brand="north", jurisdiction="xn", currency="SEK", email="a@example.test")
    player = Player.objects.get(id=accounts.open_account(asked=asked(), new=new, password=None).value)
    limit = responsible_gaming.set_limit(
        asked=asked(), player_id=player.id, kind="loss", period="week", amount=of("100.00 SEK")
    )
    provider()
    games.launch(asked=asked(), player_id=player.id, game="slots:fruit", player_session_id=None)
    session = GameSession.objects.get(player=player)
    assert Limit.objects.get(id=limit.value).window == "rolling"
    assert session.expires_at - session.opened_at == timedelta(hours=1)
    assert new_player().licence.timezone == "UTC"
