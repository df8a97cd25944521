-- The ceiling: what one stake costs the database alone. Real rows under the same constraints and indexes, in
-- a schema of their own, changed by one function in the order of the product: lock, read, write.

CREATE SCHEMA ceiling;

DO $$
DECLARE
    copied text[] := ARRAY['accounts_player', 'accounts_restriction', 'games_provideraccount', 'games_game',
        'games_gamesession', 'games_round', 'games_bet', 'responsible_gaming_limit',
        'responsible_gaming_exclusion', 'responsible_gaming_limitcounter', 'core_operation', 'core_tombstone',
        'core_event', 'wallet_wallet', 'wallet_transfer'];
    written text[] := ARRAY['games_round', 'games_bet', 'responsible_gaming_limitcounter', 'wallet_wallet'];
    name text;
    reference record;
BEGIN
    FOREACH name IN ARRAY copied LOOP
        EXECUTE format('CREATE TABLE ceiling.%1$I (LIKE public.%1$I INCLUDING ALL)', name);
        -- Cleaning up after the ceiling must not slow down the product that is measured next.
        EXECUTE format('ALTER TABLE ceiling.%I SET (autovacuum_enabled = off)', name);
        EXECUTE format('INSERT INTO ceiling.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM public.%1$I', name);
        PERFORM setval(pg_get_serial_sequence('ceiling.' || name, 'id'), 1000000000)
            WHERE pg_get_serial_sequence('ceiling.' || name, 'id') IS NOT NULL;
    END LOOP;
    FOR reference IN
        SELECT c.relname, f.conname,
            replace(pg_get_constraintdef(f.oid), ' REFERENCES ', ' REFERENCES ceiling.') AS rule
        FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
        WHERE f.contype = 'f' AND c.relname = ANY(written) AND c.relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE ceiling.%I ADD CONSTRAINT %I %s',
            reference.relname, reference.conname, reference.rule);
    END LOOP;
END $$;

-- Called with `ceiling` as the search path.
CREATE FUNCTION ceiling.stake(player bigint, units bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    seat accounts_player;
    purse wallet_wallet;
    game games_game;
    id bigint;
    asked_by text := 'provider:ceiling';
    named text;
    moment timestamptz;
    hash bytea;
BEGIN
    SELECT * INTO STRICT seat FROM accounts_player p WHERE p.id = player FOR NO KEY UPDATE;

    SELECT * INTO STRICT purse FROM wallet_wallet w WHERE w.player_id = player AND w.currency = seat.currency;
    SELECT * INTO STRICT game FROM games_game g WHERE g.code = 'bench:load';
    id := nextval('core_operation_id_seq');
    named := 'ceiling-' || id;
    moment := greatest(clock_timestamp(), purse.last_at);
    IF purse.cash < units OR purse.debt > 0 OR seat.status <> 'active'
        OR EXISTS (SELECT FROM core_operation o
            WHERE o.player_id = player AND o.source = asked_by AND o.kind = 'stake' AND o.reference = named)
        OR EXISTS (SELECT FROM core_tombstone t
            WHERE t.player_id = player AND t.source = asked_by AND t.reference = named)
        OR EXISTS (SELECT FROM games_round r
            WHERE r.player_id = player AND r.account_id = game.account_id AND r.game_scope = ''
            AND r.reference = named)
        OR EXISTS (SELECT FROM accounts_restriction r WHERE r.player_id = player AND r.starts_at <= moment)
        OR EXISTS (SELECT FROM responsible_gaming_exclusion x
            WHERE x.player_id = player AND x.starts_at <= moment)
        OR EXISTS (SELECT FROM responsible_gaming_limit l JOIN responsible_gaming_limitcounter c
            ON c.player_id = player AND c.kind = l.kind AND c.hour >= date_trunc(l.period, moment)
            WHERE l.player_id = player AND l.superseded_at IS NULL
            GROUP BY l.id HAVING sum(c.used + c.reserved) + units > max(l.amount))
    THEN
        RAISE EXCEPTION 'a stake of player % was refused', player;
    END IF;

    hash := sha256(purse.head || convert_to(concat_ws(',', player, seat.currency, purse.seq + 1, 'stake',
        'cash', 'in_play_cash', units, game.account_id, id, moment, purse.cash - units, purse.bonus,
        purse.in_play_cash + units, asked_by, named), 'UTF8'));
    INSERT INTO core_operation (id, player_id, source, kind, reference, digest, message_id, actor, result, at)
    VALUES (id, player, asked_by, 'stake', named, sha256(convert_to(named, 'UTF8')), id, asked_by, '{}',
        moment);
    INSERT INTO wallet_transfer (player_id, currency, seq, operation_id, kind, debit, credit, amount,
        counterparty_id, cause_id, business_date, at, after, version, hash)
    VALUES (player, seat.currency, purse.seq + 1, id, 'stake', 'cash', 'in_play_cash', units,
        game.account_id, id, moment::date, moment, ARRAY[purse.cash - units, purse.bonus,
        purse.in_play_cash + units, purse.in_play_bonus, purse.pending, purse.held, purse.debt], 1, hash);
    UPDATE wallet_wallet w SET cash = w.cash - units, in_play_cash = w.in_play_cash + units, seq = w.seq + 1,
        head = hash, last_at = moment
    WHERE w.player_id = player AND w.currency = seat.currency;
    INSERT INTO games_round (id, player_id, account_id, product, game_id, game_scope, reference, currency,
        state, entries, rules_version, result_reference, replay_url, opened_at)
    VALUES (id, player, game.account_id, game.product, game.id, '', named, seat.currency, 'open', 1, 0, '',
        '', moment);
    INSERT INTO games_bet (id, player_id, round_id, sequence, kind, cash_open, bonus_open, cash_settled,
        bonus_settled, jackpot_contribution, jackpot_win, placed_at)
    VALUES (id, player, id, 1, 'stake', units, 0, 0, 0, 0, 0, moment);
    INSERT INTO responsible_gaming_limitcounter AS c (player_id, kind, basis, scope, scope_id, currency, hour,
        used, reserved)
    VALUES (player, 'loss', 'gross', 'account', 0, seat.currency, date_trunc('hour', moment), units, 0)
    ON CONFLICT (player_id, kind, basis, scope, scope_id, currency, hour)
    DO UPDATE SET used = c.used + EXCLUDED.used;
    INSERT INTO core_event (type, version, occurred_at, business_date, brand_id, licence_id, player_id, actor,
        operation_id, causation_id, payload)
    VALUES ('ceiling.bet.placed', 1, moment, moment::date, seat.brand_id, seat.licence_id, player, asked_by,
        id, 0, jsonb_build_object('bet_id', id, 'round_id', id, 'game_id', game.id, 'session_id', NULL,
        'currency', seat.currency, 'cash_units', units, 'bonus_units', 0));
    RETURN id;
END $$;
