-- Rows of one transaction (a list of tasks, a sync) had one created_at, and so no order: now() is the transaction's start. Each
-- row takes the time at which it was written instead. Holds for new rows.
-- depends: 0014.add-idempotency-created
set local lock_timeout = '2s';
set local statement_timeout = '60s';

do $$
declare
    tbl text;
begin
    foreach tbl in array array['topics', 'managed_repos', 'workplans', 'tasks', 'decisions'] loop
        execute format(
            'alter table %I alter created_at set default clock_timestamp(), alter updated_at set default clock_timestamp()', tbl
        );
    end loop;
end
$$;
