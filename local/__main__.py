"""The command line of this package; the Makefile calls it inside the virtual environment."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from local import (
    cleaning,
    credentials,
    demo,
    guards,
    interrupts,
    postgres,
    processes,
    product,
    services,
    state,
)
from local.failures import CannotRun

# The product's tests use other databases of the embedded Valkey than a demo that runs beside them.
TEST_DATABASE = 2


def main(arguments: Sequence[str]) -> int:
    """Run one command; what the user has to change is one line and exit code 2."""
    interrupts.listen()
    try:
        return dispatch(parser().parse_args(arguments))
    except CannotRun as problem:
        print(problem, file=sys.stderr)
        return 2
    except OSError as problem:
        print(f"{problem.filename or state.STATE}: {problem.strerror}", file=sys.stderr)
        return 2
    except interrupts.Interrupted as interrupt:
        return 128 + interrupt.number


def parser() -> argparse.ArgumentParser:
    """Return the grammar of the command line."""
    main_parser = argparse.ArgumentParser(prog="python -m local")
    commands = main_parser.add_subparsers(dest="command", required=True)
    for name in ("demo", "serve", "check", "stop", "clean"):
        commands.add_parser(name)
    run_parser = commands.add_parser("run", help="run a command with the services up")
    run_parser.add_argument("--test", action="store_true", help="use the databases of the tests")
    run_parser.add_argument("--migrate", action="store_true", help="bring the tables up to date first")
    run_parser.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND...")
    return main_parser


def dispatch(options: argparse.Namespace) -> int:
    """Call the function of a command."""
    if options.command == "run":
        words = options.words[1:] if options.words[:1] == ["--"] else options.words
        return run(words, is_test=options.test, does_migrate=options.migrate)
    commands = {
        "demo": demo.demo,
        "serve": demo.serve,
        "check": check,
        "stop": cleaning.stop,
        "clean": cleaning.clean,
    }
    return commands[options.command]()


def check() -> int:
    """Run all guards, with the services that some of them need."""
    with services.in_use(services.Session("check"), first_database=TEST_DATABASE) as environment:
        return 1 if guards.check(environment) else 0


def run(words: Sequence[str], *, is_test: bool, does_migrate: bool) -> int:
    """Run a command with the services up and return its exit code."""
    session = services.Session("run")
    with services.in_use(session, first_database=TEST_DATABASE if is_test else 0) as environment:
        rights = postgres.superuser(credentials.load()) if is_test else {}
        code = 0
        if does_migrate:
            code = in_foreground(product.manage("migrate", "--verbosity", "0"), environment, session)
        return code or in_foreground(words, environment | rights, session)


def in_foreground(words: Sequence[str], environment: dict[str, str], session: services.Session) -> int:
    """
    Run a command at the user's terminal and return its exit code.

    It stays in our process group: Ctrl-C reaches it from the terminal, other signals are passed on.
    """
    with interrupts.held_back():
        child = subprocess.Popen(words, cwd=state.ROOT, env=environment)
        session.note([processes.identify("command", child.pid)])
    while True:
        try:
            code = child.wait()
            return code if code >= 0 else 128 - code
        except interrupts.Interrupted as interrupt:
            if interrupt.number != signal.SIGINT:
                child.send_signal(interrupt.number)


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
