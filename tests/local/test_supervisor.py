"""The supervisor starts, watches and ends real processes."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import processes, services, state
from local.supervisor import CommandFailed, NotReady, ProcessEnded, Supervisor, tell


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """A supervisor whose processes end with the test."""
    supervisor = Supervisor(services.Session("demo"), environment=dict(os.environ))
    yield supervisor
    supervisor.stop()


def test_a_process_that_ends_by_itself_is_named_with_its_exit_code(supervisor: Supervisor) -> None:
    supervisor.start("steady", ["sleep", "60"])
    supervisor.start("worker", ["sh", "-c", "exit 3"])
    with pytest.raises(ProcessEnded, match=r"worker has ended unexpectedly \(exit code 3\)"):
        supervisor.watch(seconds=10)


def test_a_process_that_was_killed_is_named_with_its_signal(supervisor: Supervisor) -> None:
    supervisor.start("worker", ["sh", "-c", "kill -KILL $$"])
    with pytest.raises(ProcessEnded, match=r"\(signal 9\)"):
        supervisor.watch(seconds=10)


def test_the_end_of_the_log_is_told(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor.start("worker", ["sh", "-c", "echo the broker is gone >&2; exit 1"])
    with pytest.raises(ProcessEnded) as ended:
        supervisor.watch(seconds=10)
    tell(ended.value)
    assert "the broker is gone" in capsys.readouterr().err


def test_children_of_a_process_that_ended_end_too(supervisor: Supervisor) -> None:
    supervisor.start("web", ["sh", "-c", "sleep 60 & echo $!; exit 1"])
    with pytest.raises(ProcessEnded):
        supervisor.watch(seconds=10)
    stray = processes.identify("stray", int(state.log_of("web").read_text()))
    assert processes.wait_until_gone([stray], seconds=5) == []


def test_watching_ends_when_the_time_is_over(supervisor: Supervisor) -> None:
    supervisor.start("steady", ["sleep", "60"])
    assert supervisor.watch(seconds=0.2) is False


def test_watching_ends_when_something_became_true(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start("steady", ["sh", "-c", f"touch '{tmp_path}/there'; sleep 60"])
    assert supervisor.watch(until=(tmp_path / "there").exists, seconds=10) is True


def test_an_expected_end_is_no_trouble(supervisor: Supervisor) -> None:
    supervisor.start("steady", ["sleep", "60"])
    supervisor.start("migrate", ["true"])
    supervisor.finish("migrate", seconds=10)
    supervisor.ensure_all_run()


def test_a_command_that_fails_is_trouble(supervisor: Supervisor) -> None:
    supervisor.start("migrate", ["false"])
    with pytest.raises(CommandFailed, match=r"migrate failed \(exit code 1\)"):
        supervisor.finish("migrate", seconds=10)


def test_a_process_that_ends_while_another_is_waited_for_is_noticed(supervisor: Supervisor) -> None:
    supervisor.start("web", ["false"])
    supervisor.start("load_demo", ["sleep", "60"])
    with pytest.raises(ProcessEnded, match="web"):
        supervisor.finish("load_demo", seconds=10)


def test_a_command_that_takes_too_long_is_trouble(supervisor: Supervisor) -> None:
    supervisor.start("players", ["sleep", "60"])
    with pytest.raises(NotReady, match="players did not end"):
        supervisor.finish("players", seconds=0.1)


def test_stopping_ends_everything(supervisor: Supervisor) -> None:
    supervisor.start("web", ["sleep", "60"])
    supervisor.start("beat", ["sleep", "60"])
    started = [process for _, process in supervisor.children.values()]
    supervisor.stop()
    assert not any(processes.is_running(process) for process in started)


def test_an_embedded_server_that_ends_is_noticed(supervisor: Supervisor) -> None:
    child = processes.start("postgres", ["sleep", "60"], environment=dict(os.environ))
    services.remember(processes.identify("postgres", child.pid), port=1)
    supervisor.ensure_all_run()
    child.kill()
    child.wait()
    with pytest.raises(ProcessEnded, match="postgres"):
        supervisor.ensure_all_run()


def test_what_a_killed_supervisor_left_is_ended_by_the_next_session(tmp_path: Path) -> None:
    program = f"""
import os, signal, sys
from pathlib import Path
from local import services, state
from local.supervisor import Supervisor
state.STATE, state.LOGS = Path({str(state.STATE)!r}), Path({str(state.LOGS)!r})
services.SESSIONS = Path({str(services.SESSIONS)!r})
supervisor = Supervisor(services.Session("demo"), environment=dict(os.environ))
supervisor.start("web", ["sleep", "60"])
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = processes.start("demo", [sys.executable, "-c", program], environment=dict(os.environ))
    assert killed.wait() == -signal.SIGKILL
    (note,) = services.SESSIONS.glob("*.json")
    web = processes.recall(state.read(note)["children"][0])
    assert processes.is_running(web)
    services.end_leftovers()
    assert not processes.is_running(web)
    assert not note.exists()


def test_a_session_that_lives_keeps_its_processes(supervisor: Supervisor) -> None:
    supervisor.start("web", ["sleep", "60"])
    services.end_leftovers()
    time.sleep(0.1)
    supervisor.ensure_all_run()
