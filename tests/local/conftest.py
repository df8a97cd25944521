"""A checkout of its own for each test, so that the one we live in is never touched."""

from pathlib import Path

import pytest

from local import ports, postgres_home, services, state


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point everything that the launcher writes to an empty directory, and return that directory."""
    place = tmp_path / ".local"
    monkeypatch.setattr(state, "STATE", place)
    monkeypatch.setattr(state, "LOGS", place / "log")
    monkeypatch.setattr(services, "SESSIONS", place / "sessions")
    monkeypatch.setattr(services, "SERVERS", place / "servers")
    monkeypatch.setattr(ports, "PORTS_FILE", place / "ports.json")
    monkeypatch.setattr(postgres_home, "HOME_FILE", place / "postgres-home.json")
    state.prepare()
    return place
