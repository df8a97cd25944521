SELECT core_unprotect('core_event');
SELECT core_unprotect('core_globalreference');
SELECT core_unprotect('core_tombstone');
SELECT core_unprotect('core_operation');
DROP FUNCTION core_unprotect(regclass);
DROP FUNCTION core_protect(regclass, text);
DROP FUNCTION core_refuse_change_of_operation();
DROP FUNCTION core_refuse_change();
