-- The legacy meter: old interfaces, and who still uses them, so that a retirement rests on figures.
-- depends: 0007.create-progress-events
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create table if not exists legacy_interfaces (
    id uuid primary key default gen_random_uuid(),
    kind legacy_kind not null,
    name text not null constraint legacy_interfaces_name_given check (name ~ '\S'),
    successor text not null,
    sunset_at timestamptz,
    retire_after_days integer not null default 30
    constraint legacy_interfaces_days_range check (retire_after_days between 1 and 3650),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1,
    constraint legacy_interfaces_name_taken unique (kind, name)
);
comment on table legacy_interfaces is 'An interface with a successor.';
comment on constraint legacy_interfaces_name_taken on legacy_interfaces is 'name: is registered already';
comment on constraint legacy_interfaces_name_given on legacy_interfaces is 'name: must not be empty';
comment on constraint legacy_interfaces_days_range on legacy_interfaces is 'retire_after_days: takes 1 to 3650';

create table if not exists legacy_usage (
    interface uuid not null constraint legacy_usage_interface_known references legacy_interfaces,
    used_on date not null,
    caller text not null,
    uses bigint not null default 0,
    last_used_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1,
    primary key (interface, used_on, caller)
);
comment on table legacy_usage is 'Uses of a legacy interface by day and caller.';
