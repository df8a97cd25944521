"""What a newcomer reads when the product is ready: its address and the logins to try."""

from typing import Any

from local import state

CODES_SHOWN = 3


def ready(*, port: int) -> None:
    """Print the line that says that the product is ready; scripts wait for it."""
    print(f"ready: http://127.0.0.1:{port}/", flush=True)


def show_logins(*, port: int, vendor: int) -> None:
    """Print who can log in where."""
    for line in login_lines(state.read(state.DEMO_FILE), port=port, vendor=vendor):
        print(line)
    print(f"logs: {state.LOGS}/   another staff code: make otp   stop: Ctrl-C or make stop", flush=True)


def login_lines(logins: dict[str, Any], *, port: int, vendor: int) -> list[str]:
    """Return one line for each member of staff, for one player, and for the casino."""
    staff = [
        f"  {person['role']}: {person['username']} / {person['password']}"
        f"   one-time codes: {' '.join(person['codes'][:CODES_SHOWN])}"
        for person in logins.get("staff", [])
    ]
    players = [
        f"player: {player['email']} / {player['password']} (brand {player['brand']})"
        for player in logins.get("players", [])[:1]
    ]
    casino = f"casino: http://127.0.0.1:{vendor}/"
    return [f"back office: http://127.0.0.1:{port}/admin/", *staff, *players, casino]
