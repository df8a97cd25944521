"""The processes of one demo: started one by one, watched together, ended together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from local import interrupts, processes, services, state
from local.processes import Process
from local.services import Session

STOP_SECONDS = 15
LOOK_SECONDS = 0.1


class Trouble(Exception):
    """Something is wrong with a process; carries its name."""

    def __init__(self, name: str, what: str) -> None:
        self.name = name
        super().__init__(f"{name} {what}")


class ProcessEnded(Trouble):
    """A process that has to run as long as we do has ended."""


class NotReady(Trouble):
    """A process still runs, but did not do in time what it should."""


class CommandFailed(Trouble):
    """A command that has to succeed did not."""


class Supervisor:
    """Starts processes by name, notices when one ends by itself, and ends them all."""

    def __init__(self, session: Session, *, environment: Mapping[str, str]) -> None:
        self.session = session
        self.environment = environment
        self.is_ready = False
        self.children: dict[str, tuple[subprocess.Popen[bytes], Process]] = {}

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a process of the product, with an empty log; its files are for its user only."""
        state.log_of(name).write_bytes(b"")
        others = [process for _, process in self.children.values()]

        def before() -> None:
            os.umask(0o077)
            self.session.note([*others, processes.identify(name, os.getpid(), is_leader=True)])

        with interrupts.held_back():
            child = processes.start(name, command, environment=self.environment, before=before)
            self.children[name] = (child, processes.identify(name, child.pid, is_leader=True))

    def ensure_all_run(self, *, but: str = "") -> None:
        """
        Check that everything we started, and the embedded servers we use, still run.

        :param but: the process whose end is expected.
        :raises ProcessEnded: another one does not run.
        """
        for name, (child, process) in self.children.items():
            if name != but and child.poll() is not None:
                # At once, while its id cannot belong to anybody else: what it has started may live on.
                processes.send(process, signal.SIGKILL)
                raise ProcessEnded(name, f"has ended unexpectedly ({how_it_ended(child.returncode)})")
        for server in services.lost_servers():
            raise ProcessEnded(server.name, "has ended unexpectedly")

    def wait(self, name: str, *, seconds: float = float("inf")) -> int:
        """
        Wait for one process to end while the others are watched, and return its exit code.

        :raises NotReady: it still runs after the given time.
        :raises ProcessEnded: another one has ended.
        """
        child, _ = self.children[name]
        deadline = time.monotonic() + seconds
        while child.poll() is None:
            self.ensure_all_run(but=name)
            if time.monotonic() > deadline:
                raise NotReady(name, f"did not end within {seconds:.0f} seconds")
            time.sleep(LOOK_SECONDS)
        del self.children[name]
        return child.returncode

    def finish(self, name: str, *, seconds: float = float("inf")) -> None:
        """
        Wait for one process to end well.

        :raises CommandFailed: it ended badly.
        """
        code = self.wait(name, seconds=seconds)
        if code != 0:
            raise CommandFailed(name, f"failed ({how_it_ended(code)})")

    def ask_to_end(self, name: str) -> None:
        """Send SIGTERM to one process."""
        self.children[name][0].terminate()

    def watch(
        self, *, until: Callable[[], bool] = lambda: False, every: float = LOOK_SECONDS, seconds: float
    ) -> bool:
        """
        Watch everything until something is true or the time is over; tell whether it became true.

        :param every: seconds between two looks.
        :raises ProcessEnded: something has ended.
        """
        deadline = time.monotonic() + seconds
        while not (is_true := until()) and time.monotonic() < deadline:
            self.ensure_all_run()
            time.sleep(every)
        return is_true

    def stop(self) -> None:
        """End everything that still runs; what does not end in time is killed."""
        processes.terminate([process for _, process in self.children.values()], seconds=STOP_SECONDS)
        for child, _ in self.children.values():
            child.poll()
        self.children.clear()


def how_it_ended(code: int) -> str:
    """Tell an exit code in words."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def tell(trouble: Trouble) -> None:
    """Print what happened to a process, with the end of its log."""
    log = state.log_of(trouble.name)
    print(f"{trouble}; the end of {log}:\n{state.tail(log)}", file=sys.stderr, flush=True)
