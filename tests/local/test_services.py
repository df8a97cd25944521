"""Sessions are counted, secrets are kept, and what the environment gives is used."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from local import credentials, given, processes, services, state
from local.failures import CannotRun


def test_secrets_are_made_once(checkout: Path) -> None:
    path = checkout / "secrets.env"
    assert credentials.load(path) == credentials.load(path)


def test_secrets_are_for_their_owner_only(checkout: Path) -> None:
    path = checkout / "secrets.env"
    credentials.load(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_two_checkouts_share_a_secret() -> None:
    assert not set(credentials.generate().values()) & set(credentials.generate().values())


def test_a_second_demo_of_a_checkout_is_refused() -> None:
    services.Session("demo", is_single=True).open()
    with pytest.raises(CannotRun, match=f"a demo of this checkout runs already .process {os.getpid()}."):
        services.Session("demo", is_single=True).open()


def test_a_test_run_beside_a_demo_is_welcome() -> None:
    services.Session("demo", is_single=True).open()
    services.Session("run").open()


def test_a_session_whose_id_was_recycled_does_not_count() -> None:
    session = services.Session("demo")
    session.open()
    note = state.read(session.path)
    state.write(session.path, note | {"session": note["session"] | {"started": "the boot before"}})
    assert services.sessions() == {}


def test_a_torn_note_does_not_count() -> None:
    services.SESSIONS.mkdir()
    (services.SESSIONS / "1.json").write_text("{")
    assert services.sessions() == {}
    services.end_leftovers()
    assert list(services.SESSIONS.glob("*.json")) == []


def test_a_server_from_before_a_reboot_is_forgotten() -> None:
    gone = replace(processes.identify("postgres", os.getpid()), started="the boot before")
    services.remember(gone, port=1)
    services.end_leftovers()
    assert services.lost_servers() == []


def test_what_is_given_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_URL", "amqp://given/")
    monkeypatch.setenv("CACHE_URL", "")
    environment = services.environment({"BROKER_URL": "redis://made/0", "CACHE_URL": "redis://made/1"})
    assert environment["BROKER_URL"] == "amqp://given/"
    assert environment["CACHE_URL"] == "redis://made/1"


def test_passwords_of_the_servers_stay_out_of_the_environment() -> None:
    assert not {"POSTGRES_PASSWORD", "OWNER_PASSWORD", "VALKEY_PASSWORD"} & set(services.environment({}))


@pytest.mark.parametrize(
    ("present", "missing"), [("DATABASE_URL", "DATABASE_OWNER_URL"), ("DATABASE_OWNER_URL", "DATABASE_URL")]
)
def test_one_login_of_two_is_refused(present: str, missing: str) -> None:
    with pytest.raises(CannotRun, match=f"^{present} is set but {missing} is not"):
        given.ensure_complete({present: "postgres://x", missing: ""})


@pytest.mark.parametrize("scheme", ["postgres", "redis", "amqp"])
def test_a_server_that_does_not_answer_is_named_without_its_password(scheme: str) -> None:
    with pytest.raises(CannotRun) as refusal:
        given.ensure_reachable({"SOME_URL": f"{scheme}://user:secret@127.0.0.1:1/0"})
    text = str(refusal.value)
    assert text.startswith(f"SOME_URL: cannot reach {scheme}://127.0.0.1:1/0: ")
    assert "refused" in text
    assert "secret" not in text
    assert "\n" not in text


def test_an_unknown_kind_of_server_is_named() -> None:
    with pytest.raises(CannotRun, match="BROKER_URL: cannot reach kafka://host: its kind is none of"):
        given.ensure_reachable({"BROKER_URL": "kafka://host"})
