-- Brand, licence, jurisdiction and currency of a player never change: moving is a new account. The public id is
-- what providers know, and processes keep it in memory.
CREATE FUNCTION accounts_refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a player''s brand, licence, jurisdiction, currency and public id never change'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER stays_where_it_belongs BEFORE UPDATE ON accounts_player FOR EACH ROW
WHEN ((OLD.brand_id, OLD.licence_id, OLD.jurisdiction_id, OLD.currency, OLD.public_id)
      IS DISTINCT FROM (NEW.brand_id, NEW.licence_id, NEW.jurisdiction_id, NEW.currency, NEW.public_id))
EXECUTE FUNCTION accounts_refuse_move();
