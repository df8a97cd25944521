"""The product's own processes and commands, one function for each stage of a run."""

import json
import os
import platform
import subprocess
import sys
from typing import Any

from benchmarks.course import PREFIX
from benchmarks.messages import CURRENCY, SECRET
from benchmarks.wishes import Wishes
from local import ports, product, state
from local.demo import wait_for
from local.supervisor import CommandFailed, Supervisor

BALANCE = "1000.00"
STATEMENTS_SECONDS = 60


def fill(supervisor: Supervisor, *, players: int) -> None:
    """Make the tables, the provider account, its game and the funded players."""
    supervisor.start("bench_migrate", product.manage("migrate", "--verbosity", "0"))
    supervisor.finish("bench_migrate")
    supervisor.start(
        "bench_players",
        product.manage(
            *("seed_players", "--count", str(players), "--currency", CURRENCY, "--balance", BALANCE),
            *("--prefix", PREFIX, "--secret", SECRET),
        ),
    )
    supervisor.finish("bench_players")


def count_statements(supervisor: Supervisor) -> dict[str, Any]:
    """
    Return what `benchmarks.statements` prints.

    :raises CommandFailed: it could not count.
    """
    with state.log_of("bench_statements").open("w") as log:
        counter = subprocess.run(
            [sys.executable, "-m", "benchmarks.statements"],
            cwd=state.ROOT,
            env=supervisor.environment,
            stdout=subprocess.PIPE,
            stderr=log,
            timeout=STATEMENTS_SECONDS,
            check=False,
        )
    if counter.returncode != 0:
        raise CommandFailed("bench_statements", "could not count")
    counted: dict[str, Any] = json.loads(counter.stdout)
    return counted


def serve(supervisor: Supervisor) -> int:
    """Start the web server as `make serve` does, and return its port when it answers."""
    port = ports.port_of("bench_web")
    supervisor.start("bench_web", product.web(port=port, variables=supervisor.environment))
    wait_for(supervisor, "bench_web", f"{product.address(port)}/health/ready")
    return port


def books_agree(supervisor: Supervisor) -> bool:
    """Let the product check its books, and print its sheet."""
    supervisor.start("bench_books", product.manage("check_books"))
    code = supervisor.wait("bench_books")
    print(state.log_of("bench_books").read_text(), end="", flush=True)
    return code == 0


def machine(*, load_before: float, postgres: str) -> dict[str, Any]:
    """Return what the product was measured on."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "postgres": postgres,
        "load_before": load_before,
    }


def settings(supervisor: Supervisor, wishes: Wishes) -> dict[str, Any]:
    """Return under which conditions the product was measured."""
    command = product.web(port=0, variables=supervisor.environment)
    return {"seconds": wishes.seconds, "players": wishes.players, "server": " ".join(command[1:])}
