"""`make check`: every guard of the repository; all of them run, whatever the first one says."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local import product, state

CONTRACT = state.ROOT / "docs" / "openapi.yaml"
GUARDS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "imports": ["lint-imports"],
    "migrations": product.manage("makemigrations", "--check", "--dry-run"),
    "house": [product.PYTHON, "-m", "pytest", "-q", "tests/house"],
}


def check(environment: Mapping[str, str]) -> int:
    """Run all guards and return the number of those that failed."""
    failed = [name for name, command in GUARDS.items() if not passes(name, command, environment)]
    if not has_same_contract(environment):
        failed.append("contract")
    print(f"guards that failed: {', '.join(failed)}" if failed else "all guards passed", flush=True)
    return len(failed)


def passes(name: str, command: list[str], environment: Mapping[str, str]) -> bool:
    """Run one guard and show what it says; tell whether it is content."""
    print(f"--- {name}: {' '.join(command).replace(sys.executable, 'python')}", flush=True)
    return subprocess.run(command, cwd=state.ROOT, env=environment, check=False).returncode == 0


def has_same_contract(environment: Mapping[str, str]) -> bool:
    """Compare the published description of the API with the one that the code gives now."""
    with tempfile.TemporaryDirectory() as directory:
        present = Path(directory) / "openapi.yaml"
        options = ("--fail-on-warn", "--validate", "--file", str(present))
        return passes("contract", product.manage("spectacular", *options), environment) and passes(
            "contract", ["diff", "-u", str(CONTRACT), str(present)], environment
        )
