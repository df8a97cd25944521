DROP TRIGGER stays_where_it_belongs ON accounts_player;
DROP FUNCTION accounts_refuse_move();
