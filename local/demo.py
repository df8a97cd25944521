"""`make demo` and `make serve`: start the product, watch it, and after a short demo check its books."""

import math
import os
import time
from collections.abc import Callable
from typing import Any

from local import asking, interrupts, ports, product, services, state, welcome
from local.supervisor import CommandFailed, NotReady, Supervisor, Trouble, tell
from local.wishes import Wishes, demo_wishes, port_wish

READY_SECONDS, ALIVE_SECONDS, ASK_SECONDS = 120, 8, 0.5
PLAYERS_END_SECONDS, DRAIN_SECONDS, SETTLE_SECONDS = 60, 310, 60
BEGINNING = time.monotonic()


def say(text: str) -> None:
    """Show how far we are."""
    print(f"[{time.monotonic() - BEGINNING:5.1f} s] {text}", flush=True)


def serve() -> int:
    """Run the product alone until it is stopped."""
    port = port_wish(os.environ, "PORT")
    return supervise("serve", lambda supervisor: run_alone(supervisor, port=port))


def demo() -> int:
    """Run the product with a simulated casino and simulated players."""
    wishes = demo_wishes(os.environ)
    return supervise("demo", lambda supervisor: run_with_players(supervisor, wishes))


def supervise(name: str, play: Callable[[Supervisor], None]) -> int:
    """Do something with supervised processes; in any case end them, and tell why if one of them failed."""
    say("starting what is missing of Postgres and Valkey")
    session = services.Session(name, is_single=True)
    with services.in_use(session) as environment:
        supervisor = Supervisor(session, environment=environment)
        try:
            play(supervisor)
        except interrupts.Interrupted as interrupt:
            say("stopping")
            return 0 if supervisor.is_ready else 128 + interrupt.number
        except Trouble as trouble:
            tell(trouble)
            return 1
        finally:
            interrupts.ignore()
            supervisor.stop()
    return 0


def run_alone(supervisor: Supervisor, *, port: int) -> None:
    """Run the product until something ends."""
    ports.ensure_free(port, variable="PORT")
    migrate(supervisor)
    start_product(supervisor, port=port)
    wait_for_web(supervisor, port=port)
    welcome.ready(port=port)
    supervisor.is_ready = True
    supervisor.watch(seconds=math.inf)


def run_with_players(supervisor: Supervisor, wishes: Wishes) -> None:
    """Run the demo, for ever or for as long as the user wishes."""
    ports.ensure_free(wishes.port, variable="DEMO_PORT")
    vendor = ports.port_of("provider")
    migrate(supervisor)
    say("loading the demo's market, staff and players")
    supervisor.start("load_demo", product.load_demo(players=wishes.players, vendor=vendor))
    start_product(supervisor, port=wishes.port)
    supervisor.finish("load_demo", seconds=READY_SECONDS)
    say("starting the simulated casino")
    supervisor.start("provider", product.provider(port=vendor, web=wishes.port, chaos=wishes.chaos))
    wait_for(supervisor, "provider", f"{product.address(vendor)}/health")
    wait_for_web(supervisor, port=wishes.port)
    earlier = rounds_at(vendor)
    if wishes.players:
        let_players_in(supervisor, web=wishes.port, vendor=vendor, earlier=earlier)
    welcome.ready(port=wishes.port)
    welcome.show_logins(port=wishes.port, vendor=vendor)
    supervisor.is_ready = True
    supervisor.watch(seconds=wishes.seconds or math.inf)
    wind_down(supervisor, vendor=vendor)
    played = rounds_at(vendor) - earlier
    print(f"rounds: {played}", flush=True)
    if wishes.players and not played:
        raise CommandFailed("players", "played no round")


def let_players_in(supervisor: Supervisor, *, web: int, vendor: int, earlier: int) -> None:
    """Start the players and give them a moment for their first round: a demo that is ready is alive."""
    say("letting the players in")
    supervisor.start("players", product.players(web=web, vendor=vendor))
    supervisor.watch(until=lambda: rounds_at(vendor) > earlier, every=ASK_SECONDS, seconds=ALIVE_SECONDS)


def migrate(supervisor: Supervisor) -> None:
    """Bring the tables up to date."""
    say("bringing the tables up to date")
    supervisor.start("migrate", product.manage("migrate"))
    supervisor.finish("migrate")


def start_product(supervisor: Supervisor, *, port: int) -> None:
    """Start the three processes of the product."""
    say("starting web, worker and beat")
    supervisor.start("web", product.web(port=port, variables=supervisor.environment))
    supervisor.start("worker", product.worker())
    supervisor.start("beat", product.beat())


def wait_for_web(supervisor: Supervisor, *, port: int) -> None:
    """Wait until the product reaches its database, broker and cache."""
    wait_for(supervisor, "web", f"{product.address(port)}/health/ready")


def wait_for(supervisor: Supervisor, name: str, url: str) -> None:
    """
    Wait until a process answers well.

    :raises NotReady: it does not in time.
    """
    if not supervisor.watch(until=lambda: asking.is_well(url), seconds=READY_SECONDS):
        raise NotReady(name, f"was not ready after {READY_SECONDS} seconds ({url})")


def wind_down(supervisor: Supervisor, *, vendor: int) -> None:
    """
    End the play in order, and check that nothing is left open and the books agree.

    :raises Trouble: something is off; names the process that knows.
    """
    say("ending the play: players first, then every outcome that is still unknown")
    if "players" in supervisor.children:
        supervisor.ask_to_end("players")
        supervisor.finish("players", seconds=PLAYERS_END_SECONDS)
    summary = asking.post(f"{product.address(vendor)}/drain", seconds=DRAIN_SECONDS)
    supervisor.ensure_all_run()
    if summary is None:
        raise NotReady("provider", "could not resolve every outcome")
    for surprise in summary.get("surprises", []):
        print(f"an answer that the contract forbids: {surprise}", flush=True)
    check_books(supervisor)
    reconcile(supervisor, summary)
    if summary.get("surprises"):
        raise CommandFailed("provider", "had answers that the contract forbids")


def reconcile(supervisor: Supervisor, summary: dict[str, Any]) -> None:
    """
    Compare the casino's own record with the books, player by player.

    :raises CommandFailed: they differ.
    """
    state.write(state.REPORT_FILE, summary)
    supervisor.start("reconcile", product.reconcile())
    code = supervisor.wait("reconcile")
    print(state.log_of("reconcile").read_text(), end="", flush=True)
    if code != 0:
        raise CommandFailed("reconcile", "found differences")


def rounds_at(vendor: int) -> int:
    """Return the rounds that the provider has counted, in this demo and in those before it."""
    report = asking.get(f"{product.address(vendor)}/report")
    return int((report or {}).get("rounds", 0))


def check_books(supervisor: Supervisor) -> None:
    """
    Check the books and print the sheet; what the worker still has on its desk may take a moment to arrive.

    :raises CommandFailed: they do not agree in the end.
    """
    deadline = time.monotonic() + SETTLE_SECONDS
    code = 1
    while code != 0 and time.monotonic() < deadline:
        supervisor.start("check_books", product.manage("check_books", "--whole"))
        code = supervisor.wait("check_books")
    print(state.log_of("check_books").read_text(), end="", flush=True)
    if code != 0:
        raise CommandFailed("check_books", "found something off")
