"""What accounts add to the stake path and to access decisions: the lane, and restrictions to read."""

# The first statement of a stake's transaction. It may name no other table: a statement that waited for a lock
# re-reads only the rows it locked.
LOCK = """
    SELECT id, public_id, brand_id, licence_id, jurisdiction_id, currency, status, is_test, person_id
    FROM accounts_player WHERE id = %(player_id)s FOR NO KEY UPDATE
"""

# Kinds of the restrictions in force, on the player or on the person, that reach this brand.
RESTRICTIONS = """
    SELECT json_agg(r.kind) FROM accounts_restriction r
    WHERE (r.player_id = %(player_id)s OR r.person_id = %(person_id)s)
      AND (r.scope, r.scope_id) IN (('group', 0), ('licence', %(licence_id)s), ('brand', %(brand_id)s))
      AND r.starts_at <= clock_timestamp() + %(shift)s
      AND (r.ends_at IS NULL OR r.ends_at > clock_timestamp() + %(shift)s)
"""


def session_is_open(session_id: str) -> str:
    """Return the condition that the log-in which a column names has not ended; null names none."""
    return f"""({session_id} IS NULL OR EXISTS (
        SELECT FROM accounts_session p WHERE p.id = {session_id}
        AND p.ended_at IS NULL AND p.expires_at > clock_timestamp() + %(shift)s))"""
