"""The embedded Postgres keeps its data where it belongs, and says when it is ready."""

import stat
from pathlib import Path

import pytest

from local import postgres, postgres_home
from local.failures import CannotRun

PID_FILE = "123\n/data\n1700000000\n5432\n\n127.0.0.1\n  1 2\n{status}\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for the server that its user can reach, whoever runs the tests."""
    monkeypatch.setattr(postgres_home, "account", dict)
    return tmp_path / "postgres"


def test_data_of_this_checkout_is_kept(home: Path) -> None:
    assert postgres_home.make_home(home, password="ours")
    (home / "data").mkdir()
    assert postgres_home.make_home(home, password="ours")
    assert (home / "data").exists()


def test_data_whose_secrets_are_lost_goes(home: Path) -> None:
    assert postgres_home.make_home(home, password="lost")
    (home / "data").mkdir()
    assert postgres_home.make_home(home, password="ours")
    assert not (home / "data").exists()


def test_a_link_that_somebody_else_may_have_laid_is_not_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    home.symlink_to(tmp_path / "elsewhere")
    assert not postgres_home.make_home(home, password="ours")


def test_the_home_is_remembered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert postgres_home.choose_home("ours") == postgres_home.choose_home("ours")


def test_copied_programs_are_open_to_all(tmp_path: Path) -> None:
    directory = tmp_path / "bin"
    directory.mkdir(mode=0o700)
    (directory / "postgres").touch(mode=0o700)
    (directory / "postgres.bki").touch(mode=0o600)
    postgres_home.open_to_all(directory)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (directory, *sorted(directory.iterdir()))]
    assert modes == [0o755, 0o755, 0o644]


@pytest.mark.parametrize(
    ("status", "pid", "is_ready"),
    [("ready   ", 123, True), ("starting", 123, False), ("ready   ", 124, False)],
)
def test_a_server_is_ready_when_its_own_pid_file_says_so(
    tmp_path: Path, status: str, pid: int, is_ready: bool
) -> None:
    (tmp_path / "postmaster.pid").write_text(PID_FILE.format(status=status))
    assert postgres.is_ready(tmp_path, pid=pid) is is_ready


def test_a_server_without_pid_file_is_not_ready(tmp_path: Path) -> None:
    assert not postgres.is_ready(tmp_path, pid=123)


def test_a_full_disk_is_told_in_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "FREE_BYTES_NEEDED", 10**18)
    with pytest.raises(CannotRun, match="the disk is full"):
        postgres.prepare(passwords={"POSTGRES_PASSWORD": "ours"})


def test_the_reason_is_the_last_fatal_line(checkout: Path) -> None:
    log = checkout / "log" / "postgres.log"
    log.write_text("FATAL:  first\nFATAL:  lock file exists\nLOG:  database system is shut down\n")
    assert postgres.reason() == f"FATAL:  lock file exists (see {log})"
