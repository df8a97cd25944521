-- Append-only, the trigger layer. Grants are the first layer (apps/core/grants.py); these triggers also stop the
-- owner, and because they are ENABLE ALWAYS they fire under session_replication_role = replica too.

CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a correction is a new row that names the old one', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- An operation's answer is filled in once, after the act has run; everything else about it is final.
CREATE FUNCTION core_refuse_change_of_operation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.result IS NULL AND NEW.result IS NOT NULL
        AND (to_jsonb(OLD) - 'result') = (to_jsonb(NEW) - 'result')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'core_operation is append-only: only an empty result can be filled in, once'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION core_protect(target regclass, guard text DEFAULT 'core_refuse_change') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON %s
        FOR EACH ROW EXECUTE FUNCTION %I()', target, guard);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s
        FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only_row', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only_truncate', target);
END $$;

CREATE FUNCTION core_unprotect(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER append_only_row ON %s', target);
    EXECUTE format('DROP TRIGGER append_only_truncate ON %s', target);
END $$;

SELECT core_protect('core_operation', 'core_refuse_change_of_operation');
SELECT core_protect('core_tombstone');
SELECT core_protect('core_globalreference');
SELECT core_protect('core_event');
