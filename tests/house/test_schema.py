"""The tables: keys that point down, rows that can be spread by player, history that stays."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db.models import BigAutoField, BigIntegerField, Field, FloatField, Model, UniqueConstraint

from tests.house import source

# Tables that belong to no player: what the house, its staff and the law own.
OF_THE_HOUSE = {
    "accounts.Person", "accounts.PersonKey", "cases.Approval", "core.Subscription", "games.Game",
    "games.ProviderAccount", "markets.Brand", "markets.BrandLicence", "markets.Jurisdiction",
    "markets.Licence", "markets.RuleSet", "reports.BookCheck", "wallet.HouseBook", "wallet.HouseTransfer",
}  # fmt: skip
# The small tables in which something is found before its player is known. They are not spread by player.
GLOBAL_KEYS = {
    "accounts.Player": {("public_id",)},
    "accounts.Profile": {("brand", "email_index")},
    "accounts.Session": {("token_hash",)},
    "accounts.User": {("username",)},
    "cases.Case": {("kind", "subject")},
    "core.GlobalReference": {("source", "kind", "reference")},
    "games.GameSession": {("public_id",)},
}


def tables() -> list[type[Model]]:
    """Return every table of the house, without those that Django makes to join two."""
    configs = (apps.get_app_config(app) for app in source.app_names())
    return [table for config in configs for table in config.get_models()]


def label(table: type[Model]) -> str:
    return table._meta.label


def columns(table: type[Model]) -> list[Field]:
    return [field for field in table._meta.get_fields() if isinstance(field, Field)]


def is_of_a_player(table: type[Model]) -> bool:
    """Tell whether rows of a table name their player."""
    return any(field.attname == "player_id" for field in columns(table))


def test_foreign_keys_point_down() -> None:
    rooms = source.rooms()
    up = [
        f"{label(table)}.{field.name}"
        for table in tables()
        for field in columns(table)
        if field.remote_field and field.related_model._meta.app_label in rooms
        if rooms.index(field.related_model._meta.app_label) < rooms.index(table._meta.app_label)
    ]
    assert up == []


def test_every_table_is_a_player_s_or_the_house_s() -> None:
    without = {label(table) for table in tables() if not is_of_a_player(table)}
    assert without == OF_THE_HOUSE | {"accounts.Player"}


def unique_keys(table: type[Model]) -> Iterator[tuple[str, ...]]:
    """Yield what is unique in a table, beside its primary key."""
    for field in columns(table):
        if field.unique and not field.primary_key:
            yield (field.name,)
    for constraint in table._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield tuple(constraint.fields)
    for together in table._meta.unique_together:
        yield tuple(together)


def test_what_is_unique_of_a_player_is_unique_per_player() -> None:
    wider: dict[str, set[tuple[str, ...]]] = {}
    for table in tables():
        keys = {key for key in unique_keys(table) if not {"player", "player_id"} & set(key)}
        if keys and label(table) not in OF_THE_HOUSE:
            wider[label(table)] = keys
    assert wider == GLOBAL_KEYS


def test_ids_are_bigint() -> None:
    narrow = [
        label(table) for table in tables() if not isinstance(table._meta.pk, BigAutoField | BigIntegerField)
    ]
    assert narrow == []


def test_no_column_is_a_float() -> None:
    floats = [
        f"{label(table)}.{field.name}"
        for table in tables()
        for field in columns(table)
        if isinstance(field, FloatField)
    ]
    assert floats == []


@pytest.mark.parametrize("table", tables(), ids=label)
def test_a_table_holds_no_magic(table: type[Model]) -> None:
    assert not table._meta.ordering, "sort where you ask"
    assert not any(isinstance(field, GenericForeignKey) for field in table._meta.private_fields)
    assert "save" not in vars(table), "acts write rows"
    assert "delete" not in vars(table), "acts write rows"


def test_every_append_only_table_has_its_triggers() -> None:
    protect = re.compile(r"core_protect\('(\w+)'")
    guarded = {
        name
        for path in source.files()
        if path.suffix == ".sql"
        for name in protect.findall(path.read_text(encoding="utf-8"))
    }
    for path in source.APPS.glob("*/migrations/*.py"):
        guarded |= set(protect.findall(path.read_text(encoding="utf-8")))
    assert guarded == {table._meta.db_table for table in tables() if getattr(table, "append_only", False)}
