"""What is written about the code: every refusal, every event, every word."""

import re
from collections import Counter
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import pytest
from django.apps import apps

from apps.core.management.commands import write_reference as reference
from tests.house import source
from tests.house.test_schema import tables

PRIMITIVES = {bool, bool | None, int, int | None, str, str | None, list[int], list[str]}
CODE = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
TYPE = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
GLOSSARY = source.ROOT / "docs" / "glossary.md"


def all_declared(key: str) -> list[tuple[str, Any]]:
    """Return (app, class) of everything that declares a `code` or a `type`."""
    return [(app.label, value) for app, found in reference.by_app(key) for value in found]


@pytest.mark.parametrize("name", ["errors.md", "events.md"])
def test_the_generated_pages_are_those_of_the_code(name: str) -> None:
    written = (source.ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == reference.pages()[name], "run `manage.py write_reference`"


def test_a_code_is_one_refusal_of_the_app_that_it_names() -> None:
    refusals = all_declared("code")
    assert [code for code, times in Counter(r.code for _, r in refusals).items() if times > 1] == []
    assert [
        r.code for app, r in refusals if not CODE.fullmatch(r.code) or not r.code.startswith(f"{app}.")
    ] == []


def test_an_event_is_a_frozen_dataclass_in_the_past_tense_of_its_app() -> None:
    events = all_declared("type")
    assert [name for name, times in Counter(e.type for _, e in events).items() if times > 1] == []
    for app, event in events:
        assert is_dataclass(event), event
        assert event.__dataclass_params__.frozen, event  # type: ignore[attr-defined]
        assert TYPE.fullmatch(event.type), event
        assert event.type.startswith(f"{app}."), event


def test_an_event_carries_plain_values() -> None:
    heavy = [
        f"{event.type}.{field.name}"
        for _, event in all_declared("type")
        for field in fields(event)
        if get_type_hints(event)[field.name] not in PRIMITIVES
    ]
    assert heavy == []


def test_an_event_carries_no_personal_data() -> None:
    personal = {name for table in apps.get_models() for name in getattr(table, "encrypted", ())}
    assert personal
    carried = {field.name for _, event in all_declared("type") for field in fields(event)}
    assert carried & personal == set()


def words(name: str) -> str:
    """Return a class's name as prose: `LimitCounter` is "limit counter"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def test_every_word_of_the_house_is_in_the_glossary() -> None:
    used = {words(table.__name__) for table in tables()}
    used |= {event.type.split(".")[1].replace("_", " ") for _, event in all_declared("type")}
    explained = set(re.findall(r"^\| \*\*(.+?)\*\*", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE))
    singular = {word.lower() for word in explained}
    assert sorted(word for word in used if not {word, word.removesuffix("s")} & singular) == []


def test_a_word_is_explained_once() -> None:
    explained = re.findall(r"^\| \*\*(.+?)\*\*", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    assert explained == sorted(explained, key=str.lower), "in the order of the alphabet"
    assert len(explained) == len(set(explained))
