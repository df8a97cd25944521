"""Processes are known by their start, end when asked, and are killed when they do not listen."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local import processes, state

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that sleeps in a group of its own."""
    child = processes.start("sleeper", ["sleep", "60"], environment=dict(os.environ))
    yield child
    child.kill()
    child.wait()


def wait_for_log(name: str, text: str) -> None:
    """Wait until a process has written something."""
    deadline = time.monotonic() + 10
    while text not in state.tail(state.log_of(name)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_running_process_is_recognised(sleeper: subprocess.Popen[bytes]) -> None:
    assert processes.is_running(processes.identify("sleeper", sleeper.pid, is_leader=True))


def test_an_identity_survives_its_file(sleeper: subprocess.Popen[bytes], checkout: Path) -> None:
    process = processes.identify("sleeper", sleeper.pid, is_leader=True)
    state.write(checkout / "note.json", process.as_dict())
    assert processes.recall(state.read(checkout / "note.json")) == process


def test_a_recycled_id_is_another_process(sleeper: subprocess.Popen[bytes]) -> None:
    earlier = replace(
        processes.identify("sleeper", sleeper.pid, is_leader=True), started="the boot before, tick 1"
    )
    assert not processes.is_running(earlier)


def test_a_recycled_id_is_never_killed(sleeper: subprocess.Popen[bytes]) -> None:
    earlier = replace(
        processes.identify("sleeper", sleeper.pid, is_leader=True), started="the boot before, tick 1"
    )
    processes.terminate([earlier], seconds=0)
    time.sleep(0.1)
    assert sleeper.poll() is None


def test_a_process_that_waits_to_be_reaped_does_not_run(sleeper: subprocess.Popen[bytes]) -> None:
    process = processes.identify("sleeper", sleeper.pid, is_leader=True)
    os.kill(sleeper.pid, signal.SIGKILL)
    assert processes.wait_until_gone([process], seconds=5) == []


def test_a_process_that_never_was_does_not_run() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    assert not processes.is_running(processes.identify("gone", child.pid))


def test_a_process_ends_when_asked(sleeper: subprocess.Popen[bytes]) -> None:
    processes.terminate([processes.identify("sleeper", sleeper.pid, is_leader=True)], seconds=5)
    assert sleeper.wait() == -signal.SIGTERM


def test_a_process_that_does_not_listen_is_killed() -> None:
    child = processes.start("stubborn", [sys.executable, "-c", STUBBORN], environment=dict(os.environ))
    wait_for_log("stubborn", "up")
    processes.terminate([processes.identify("stubborn", child.pid, is_leader=True)], seconds=0.2)
    assert child.wait() == -signal.SIGKILL


def test_what_a_process_has_started_ends_with_it() -> None:
    script = "sleep 60 & echo $!; wait"
    child = processes.start("parent", ["sh", "-c", script], environment=dict(os.environ))
    deadline = time.monotonic() + 10
    while not (words := state.log_of("parent").read_text().split()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    grandchild = processes.identify("grandchild", int(words[0]))
    processes.terminate([processes.identify("parent", child.pid, is_leader=True)], seconds=5)
    child.wait()
    assert processes.wait_until_gone([grandchild], seconds=5) == []


def test_ps_tells_starts_apart_where_there_is_no_proc(sleeper: subprocess.Popen[bytes]) -> None:
    assert processes.started_by_ps(sleeper.pid)
    assert processes.started_by_ps(sleeper.pid) == processes.started_by_ps(sleeper.pid)
    sleeper.kill()
    sleeper.wait()
    assert processes.started_by_ps(sleeper.pid) is None
