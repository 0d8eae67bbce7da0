-- Before any row of a new dependency, parent or successor: writers go one at a time, until commit. A lock alone is not enough, as
-- a repeatable-read snapshot is older than it; an updated row makes the later one fail with 40001 instead of closing a cycle.
-- One gate for every graph: with one each, two transactions that add to two graphs in opposite order would deadlock.
create function pass_gate() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
begin
    update gates set passes = passes + 1 where name = 'dependencies';
    return null;
end
$$;
comment on function pass_gate is 'Before a write that may close a cycle: one writer at a time.';
