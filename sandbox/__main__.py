"""
The commands of the sandbox.

    python -m sandbox provider --port 8100 --pam URL --secret-file .local/demo.json
    python -m sandbox players --pam URL --provider http://127.0.0.1:8100 --file .local/demo.json
"""

import argparse
import logging
import sys
from pathlib import Path

from sandbox import players
from sandbox.slots import provider


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    options = vars(_parser().parse_args(arguments))
    command = options.pop("command")
    if command == "provider":
        provider.main(provider.Settings(**options))
    else:
        players.main(players.Settings(**options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Simulated vendors and players.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_provider(commands.add_parser("provider", help="a slot provider with a casino front page"))
    _add_players(commands.add_parser("players", help="players who live in the product through HTTP"))
    return parser


def _add_provider(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pam", required=True, help="the platform's address")
    parser.add_argument("--account", default="demo-slots", help="the provider's account with the platform")
    parser.add_argument("--secret-file", type=Path, required=True, help="JSON with provider.secret")
    parser.add_argument("--chaos", type=_share, default=0.0, help="0 is a perfect network, 1 a terrible one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, default=Path(".local/sandbox-provider.sqlite3"))


def _add_players(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pam", required=True, help="the platform's address")
    parser.add_argument("--provider", required=True, help="the provider's address")
    parser.add_argument("--file", type=Path, required=True, help="JSON with the players' credentials")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=60.0, help="rounds per second over all players")


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError("from 0 to 1")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
