set local lock_timeout = '2s';
set local statement_timeout = '60s';

do $$
declare
    tbl text;
begin
    foreach tbl in array array['topics', 'managed_repos', 'workplans', 'tasks', 'decisions'] loop
        execute format(
            'alter table %I alter created_at set default now(), alter updated_at set default now()', tbl
        );
    end loop;
end
$$;
