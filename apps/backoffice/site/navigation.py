"""The sidebar: the rooms of the house, and in each what this person may see."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the sidebar; without a permission it is for everybody inside."""

    title: str
    icon: str
    name: str
    permission: str = ""


ROOMS: dict[str, tuple[Entry, ...]] = {
    "": (Entry("Dashboard", "space_dashboard", "index"),),
    "Players": (
        Entry("Players", "person", "accounts_player_changelist", "accounts.view_player"),
        Entry("Log-ins", "login", "accounts_session_changelist", "accounts.view_session"),
        Entry("Restrictions", "lock", "accounts_restriction_changelist", "accounts.view_restriction"),
        Entry("Limits", "speed", "responsible_gaming_limit_changelist", "responsible_gaming.view_limit"),
        Entry(
            "Exclusions",
            "block",
            "responsible_gaming_exclusion_changelist",
            "responsible_gaming.view_exclusion",
        ),
    ),
    "Desk": (
        Entry("Cases", "inbox", "cases_case_changelist", "cases.view_case"),
        Entry("Approvals", "how_to_reg", "cases_approval_changelist", "cases.view_approval"),
    ),
    "Money": (
        Entry("Wallets", "account_balance_wallet", "wallet_wallet_changelist", "wallet.view_wallet"),
        Entry("Transfers", "swap_horiz", "wallet_transfer_changelist", "wallet.view_transfer"),
        Entry(
            "House transfers",
            "account_balance",
            "wallet_housetransfer_changelist",
            "wallet.view_housetransfer",
        ),
        Entry("Data quality", "fact_check", "books", "reports.view_bookcheck"),
    ),
    "Play": (
        Entry("Rounds", "casino", "games_round_changelist", "games.view_round"),
        Entry("Game sessions", "sports_esports", "games_gamesession_changelist", "games.view_gamesession"),
        Entry("Games", "apps", "games_game_changelist", "games.view_game"),
        Entry("Provider accounts", "hub", "games_provideraccount_changelist", "games.view_provideraccount"),
    ),
    "Audit": (
        Entry("Events", "history", "core_event_changelist", "core.view_event"),
        Entry("Operations", "receipt_long", "core_operation_changelist", "core.view_operation"),
        Entry("Tombstones", "hourglass_disabled", "core_tombstone_changelist", "core.view_tombstone"),
    ),
    "Machine": (
        Entry("Subscriptions", "rss_feed", "core_subscription_changelist", "core.view_subscription"),
        Entry("Parked events", "report", "core_parkedevent_changelist", "core.view_parkedevent"),
    ),
    "Staff": (
        Entry("Staff", "badge", "accounts_user_changelist", "accounts.view_user"),
        Entry("Groups", "groups", "auth_group_changelist", "auth.view_group"),
    ),
}


def rooms(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar of a person, as unfold wants it."""
    groups = [
        {
            "title": title,
            "separator": bool(title),
            "items": [_item(entry) for entry in entries if _sees(request, entry)],
        }
        for title, entries in ROOMS.items()
    ]
    return [group for group in groups if group["items"]]


def _sees(request: HttpRequest, entry: Entry) -> bool:
    return not entry.permission or request.user.has_perm(entry.permission)


def _item(entry: Entry) -> dict[str, Any]:
    return {"title": entry.title, "icon": entry.icon, "link": reverse(f"admin:{entry.name}")}
