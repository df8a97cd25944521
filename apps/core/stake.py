"""What core adds to the stake path: ids, claims and tombstones to read; operations and events to write."""

# The database's clock in microseconds since 1970, as everything in the stake path is dated.
NOW = "(extract(epoch FROM clock_timestamp() + %(shift)s) * 1000000)::bigint"
IDS = "SELECT json_agg(nextval('core_operation_id_seq')) FROM generate_series(1, %(ids)s)"


def operations(*, kinds: str, references: str) -> str:
    """Return a FROM clause whose `o` are the player's operations of these kinds and references (arrays)."""
    return f"""unnest({kinds}::text[]) AS asked_kind, unnest({references}::text[]) AS asked, LATERAL (
        SELECT * FROM core_operation o WHERE o.player_id = %(player_id)s AND o.source = %(source)s
            AND o.kind = asked_kind AND o.reference = asked OFFSET 0) o"""


# Every reference is looked up by itself, with the whole unique key. With `= ANY` a plan may read all that the
# player, or the provider, ever did and look at the references afterwards; OFFSET 0 keeps it from joining so.
# Every kind: some contracts share one namespace of references over kinds.
CLAIMS = f"""
    SELECT json_agg(json_build_array(o.id, o.kind, o.reference, encode(o.digest, 'hex')))
    FROM {operations(kinds="%(kinds)s", references="%(references)s")}
"""
TOMBSTONES = """
    SELECT json_agg(t.reference) FROM unnest(%(references)s::text[]) AS asked, LATERAL (
        SELECT * FROM core_tombstone t WHERE t.player_id = %(player_id)s AND t.source = %(source)s
            AND t.reference = asked OFFSET 0) t
"""
# References that are another player's, for providers whose references are global.
ELSEWHERE = """
    SELECT json_agg(json_build_array(g.kind, g.reference))
    FROM unnest(%(kinds)s::text[]) AS asked_kind, unnest(%(references)s::text[]) AS asked, LATERAL (
        SELECT * FROM core_globalreference g WHERE g.source = %(source)s AND g.kind = asked_kind
            AND g.reference = asked OFFSET 0) g
    WHERE g.player_id <> %(player_id)s
"""

WRITE_OPERATIONS = """
    INSERT INTO core_operation (id, player_id, source, kind, reference, digest, message_id, actor, result, at)
    SELECT r.id, %(player_id)s, %(source)s, r.kind, r.reference, r.digest, %(message_id)s, %(source)s, '{}',
           %(at)s
    FROM jsonb_to_recordset(%(operations)s) AS r(id bigint, kind text, reference text, digest bytea)
"""
# In order of the references: two players' batches [x, y] and [y, x] would wait for each other otherwise.
WRITE_REFERENCES = """
    INSERT INTO core_globalreference (source, kind, reference, player_id)
    SELECT %(source)s, r.kind, r.reference, %(player_id)s
    FROM jsonb_to_recordset(%(references)s) AS r(kind text, reference text) ORDER BY r.reference, r.kind
"""
WRITE_TOMBSTONES = """
    INSERT INTO core_tombstone (player_id, source, reference, operation_id, at)
    SELECT %(player_id)s, %(source)s, r.reference, r.operation_id, %(at)s
    FROM jsonb_to_recordset(%(tombstones)s) AS r(reference text, operation_id bigint)
"""
WRITE_EVENTS = """
    INSERT INTO core_event (type, version, occurred_at, business_date, brand_id, licence_id, player_id, actor,
                            operation_id, causation_id, payload)
    SELECT r.type, r.version, %(at)s, %(business_date)s, %(brand_id)s, %(licence_id)s, %(player_id)s,
           %(source)s, r.operation_id, 0, r.payload
    FROM jsonb_to_recordset(%(events)s) AS r(type text, version smallint, operation_id bigint, payload jsonb)
"""
