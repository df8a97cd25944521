"""Who may do what: the groups of staff and their permissions. Pure."""

MONEY = (
    "wallet.view_wallet",
    "wallet.view_transfer",
    "core.view_operation",
    "core.view_event",
)
PLAYERS = (
    "accounts.view_player",
    "accounts.view_session",
    "accounts.view_restriction",
    "responsible_gaming.view_limit",
    "responsible_gaming.view_exclusion",
)
PLAY = (
    "games.view_game",
    "games.view_gamesession",
    "games.view_round",
    "games.view_bet",
    "games.view_settlement",
)
MACHINE = (
    "core.view_subscription",
    "core.view_parkedevent",
    "core.view_tombstone",
    "reports.view_bookcheck",
)
HOUSE = ("wallet.view_housetransfer",)
CATALOGUE = ("games.view_provideraccount",)
DESK = ("cases.view_case", "cases.close_case")
APPROVALS = ("cases.view_approval",)
CONFIDENTIAL = ("cases.view_confidential_case",)
STAFF = ("accounts.view_user", "auth.view_group")
EVERYTHING = (
    *(*MONEY, *PLAYERS, *PLAY, *MACHINE, *HOUSE, *CATALOGUE),
    *("cases.view_case", *APPROVALS, *CONFIDENTIAL, *STAFF),
)

# A group holds exactly these; nobody holds anything else, and no superuser is needed day by day.
GROUPS: dict[str, tuple[str, ...]] = {
    "support": (
        *(*PLAYERS, *PLAY, *DESK),
        *("wallet.view_wallet", "wallet.view_transfer"),
        *("accounts.restrict_player", "accounts.end_player_sessions"),
    ),
    "payments": (*PLAYERS, *PLAY, *MONEY, *DESK, *APPROVALS, "wallet.propose_adjustment"),
    "finance": (
        *(*PLAYERS, *PLAY, *MONEY, *HOUSE, *MACHINE, *DESK, *APPROVALS),
        *("wallet.propose_adjustment", "wallet.approve_adjustment", "cases.reject_proposal"),
    ),
    "risk": (
        *(*PLAYERS, *PLAY, *MONEY, *DESK, *CONFIDENTIAL),
        *("accounts.restrict_player", "accounts.lift_restriction"),
        *("accounts.end_player_sessions", "accounts.change_player_status"),
    ),
    "games_operations": (
        *(*PLAY, *CATALOGUE, *MACHINE, *DESK, *MONEY),
        *("games.rotate_key", "games.switch_provider", "games.switch_game", "core.retry_parked_event"),
    ),
    "compliance": (
        *(*PLAYERS, *PLAY, *MONEY, *DESK, *CONFIDENTIAL, *APPROVALS, "reports.view_bookcheck"),
        *("accounts.restrict_player", "accounts.lift_restriction", "accounts.change_player_status"),
        *("accounts.end_player_sessions", "responsible_gaming.exclude_player"),
    ),
    "auditor": EVERYTHING,
    "security": (
        *(*STAFF, *MACHINE, "core.view_operation", "core.view_event"),
        *("accounts.open_staff_account", "accounts.change_staff_groups"),
        *("accounts.switch_staff_account", "accounts.reset_staff_access"),
    ),
}

# Single-use codes that a member of staff keeps for the day on which the telephone is lost.
BACKUP_CODES = 10
# Devices of this name are made by `load_demo` alone, and `demo_code` reads no others.
DEMO_DEVICE = "demo"
