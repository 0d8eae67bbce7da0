-- Revisions and totals: one insert-only ledger that every watched table's triggers write, and the counters that a fold
-- moves it into now and then. Nobody waits for anybody (docs/adr/0003). Takes effect with the triggers, which are code.
-- depends: 0001.create-types
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create table if not exists ledger (
    tbl text not null,
    scope uuid,
    key text,
    n integer not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
comment on table ledger is
'What watched tables saw since the last fold: a row bumps the revision of tbl by one, and moves its total by n. No index, insert-only.';

create table if not exists revisions (
    tbl text primary key,
    section text not null constraint revisions_section_known check (section in ('core', 'progress')),
    base bigint not null default 0
);
comment on table revisions is 'The watched tables: section, and the revision up to the last fold.';

create table if not exists totals (
    tbl text not null,
    key text not null,
    n bigint not null,
    primary key (tbl, key)
);
comment on table totals is 'Rows by status up to the last fold.';

create table if not exists workplan_totals (
    workplan uuid not null,
    key text not null,
    n bigint not null,
    primary key (workplan, key)
);
comment on table workplan_totals is 'Tasks by workplan and status up to the last fold.';

create table if not exists epochs (
    number integer primary key generated always as identity,
    id uuid not null default gen_random_uuid(),
    identity text not null,
    first_event_id bigint not null,
    started_at timestamptz not null default clock_timestamp()
);
comment on table epochs is
'Histories of this database: a restore starts a new one. identity names the server, database and timeline; stored xids mean nothing before first_event_id.';

create table if not exists code_files (
    checksum text not null,
    loaded_at timestamptz not null default now(),
    only_row boolean primary key default true constraint code_files_only_row check (only_row)
);
comment on table code_files is 'Checksum of the functions, views, triggers and grants that are loaded.';
