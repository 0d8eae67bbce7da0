-- What a restore or a fail-over changes by itself: server, database, timeline (the first eight digits of a WAL file's name).
create function epoch_identity() returns text
language sql stable set search_path = statehub, pg_temp as $$
    select concat_ws(
        '/', (select c.system_identifier from pg_control_system() as c),
        (select d.oid from pg_database as d where d.datname = current_database()),
        case when pg_is_in_recovery() then 'standby' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end
    )
$$;
comment on function epoch_identity is 'Server, database and timeline, as text.';
