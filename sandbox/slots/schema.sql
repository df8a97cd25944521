-- The provider's own record. Amounts are minor units.
CREATE TABLE IF NOT EXISTS sessions (
    token TEXT PRIMARY KEY,
    platform_session TEXT NOT NULL UNIQUE,
    player TEXT NOT NULL,
    currency TEXT NOT NULL,
    game TEXT NOT NULL,
    locale TEXT NOT NULL,
    rounds INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS rounds (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    token TEXT NOT NULL REFERENCES sessions (token),
    number INTEGER NOT NULL,
    player TEXT NOT NULL,
    currency TEXT NOT NULL,
    stake INTEGER NOT NULL CHECK (stake > 0),
    outcome TEXT NOT NULL,
    is_over INTEGER NOT NULL DEFAULT 0,
    UNIQUE (token, number)
);

CREATE INDEX IF NOT EXISTS rounds_open ON rounds (position) WHERE NOT is_over;

CREATE TABLE IF NOT EXISTS calls (
    round_id TEXT NOT NULL REFERENCES rounds (id),
    purpose TEXT NOT NULL,
    needs TEXT,
    after TEXT,
    is_straggler INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'sent', 'final')),
    verdict TEXT CHECK (verdict IN ('taken', 'refused', 'unknown', 'dropped')),
    body BLOB,
    code TEXT,
    text TEXT,
    PRIMARY KEY (round_id, purpose)
);

CREATE TABLE IF NOT EXISTS actions (
    id TEXT PRIMARY KEY,
    round_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('bet', 'win', 'rollback')),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    original TEXT,
    tx TEXT,
    is_undone INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (round_id, purpose) REFERENCES calls (round_id, purpose)
);

CREATE INDEX IF NOT EXISTS actions_of_round ON actions (round_id);

CREATE TABLE IF NOT EXISTS surprises (
    position INTEGER PRIMARY KEY,
    round_id TEXT NOT NULL,
    text TEXT NOT NULL
);
