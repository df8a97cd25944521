"""`python -m benchmarks`: exit code 1 when an answer failed or the books are off, never for being slow."""

import os
import sys

from benchmarks import ceiling, database, report, stages
from benchmarks.course import Course
from benchmarks.figures import Figures
from benchmarks.wishes import Wishes, bench_wishes
from local import interrupts, services
from local.demo import say
from local.failures import CannotRun
from local.supervisor import Supervisor, Trouble, tell


def main() -> int:
    """Run the bench; what the user has to change is one line and exit code 2."""
    interrupts.listen()
    try:
        return bench(bench_wishes(os.environ))
    except CannotRun as problem:
        print(problem, file=sys.stderr)
        return 2
    except Trouble as trouble:
        tell(trouble)
        return 1
    except interrupts.Interrupted as interrupt:
        return 128 + interrupt.number


def bench(wishes: Wishes) -> int:
    """Start what a run needs, run, and end all of it."""
    session = services.Session("bench", is_single=True)
    with services.in_use(session) as given, database.own(given) as variables:
        supervisor = Supervisor(session, environment=variables)
        try:
            return run(supervisor, wishes)
        finally:
            interrupts.ignore()
            supervisor.stop()


def run(supervisor: Supervisor, wishes: Wishes) -> int:
    """Measure, check and report; return the exit code."""
    owner = supervisor.environment["DATABASE_OWNER_URL"]
    load_before = os.getloadavg()[0]
    say(f"on {os.cpu_count()} cores, with a load of {load_before:.1f} before the run")
    say(f"making a database with {wishes.players:,} funded players")
    stages.fill(supervisor, players=wishes.players)
    counted = stages.count_statements(supervisor)
    kept_before = database.kept(owner)
    say("raising the ceiling and starting the server")
    with ceiling.raised(owner) as function:
        course = Course(wishes, function, port=stages.serve(supervisor))
        measured = measure(course)
    say("checking the books")
    database.silence(owner, counted["readers"])
    proof = report.Proof(
        acknowledged=sum(1 for message in course.answered if message.action),
        kept=database.kept(owner) - kept_before,
        books_agree=stages.books_agree(supervisor),
        failures=course.failures,
    )
    lines = [*report.wanted_lines(measured), *report.statement_lines(counted["statements"]), *proof.lines()]
    print(*lines, sep="\n", flush=True)
    report.write(
        measured,
        proof,
        statements=counted["statements"],
        settings=stages.settings(supervisor, wishes),
        machine=stages.machine(load_before=load_before, postgres=database.version(owner)),
    )
    return 0 if proof.holds else 1


def measure(course: Course) -> list[Figures]:
    """Run the course and print each line as it comes."""
    print(report.HEAD, flush=True)
    measured = []
    for figure in course.run():
        print(report.line(figure), flush=True)
        measured.append(figure)
    return measured


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
