-- name: get_revisions
select
    r.*, exists (select from unsettled) as unsettled, pg_notification_queue_usage() as queue_usage,
    epoch_identity() <> (select e.identity from epochs as e order by e.number desc limit 1) as moved,
    case when pg_is_in_recovery() then false else pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn() end as unflushed
from revisions() as r;

-- name: get_core
select summary_core($1);

-- name: get_progress
select summary_progress();

-- A crash forgets transactions that were rolled back and not yet flushed, and gives their ids again. So a snapshot that has
-- seen them end is flushed before it is given out: by an empty commit, and only where something is left to flush.
-- name: flush_snapshot
select
    case when pg_is_in_recovery() then null
        when pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn() then pg_logical_emit_message(true, 'statehub', '')
    end;

-- name: tend
select fold(), settle(), forget_keys();

-- name: renew_epoch
select renew_epoch();

-- name: get_health
select 1;

-- name: get_readiness
select
    (select array_agg(migration_id order by migration_id) from _yoyo_migration) as migrations,
    (select checksum from code_files) as code,
    (select array_agg(format('%s.%s', u.tbl, u.trigger)) from unarmed_triggers as u) as unarmed,
    (select count(*) from unsettled) as unsettled,
    r.epoch, r.core, r.progress, r.pending, r.tables
from revisions() as r;

-- name: get_constraint_message
select coalesce(
    (select obj_description(c.oid, 'pg_constraint') from pg_constraint as c
        where c.conname = $1 and c.connamespace = 'statehub'::regnamespace limit 1),
    (select obj_description(c.oid, 'pg_class') from pg_class as c
        where c.relname = $1 and c.relnamespace = 'statehub'::regnamespace and c.relkind = 'i' limit 1)
);

-- name: search
select search($1, $2::text [], $3::text [], $4::text [], $5, $6);

-- name: get_briefing
select get_briefing($1);

-- name: list_slugs
select r.slug from managed_repos as r order by r.created_at desc limit 1000;
