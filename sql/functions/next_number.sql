-- The next number in a repository or workplan. The row stays locked until commit: numbers are given one at a time.
create function next_number(scope uuid) returns integer
language sql volatile security definer set search_path = statehub, pg_temp as $$
    insert into code_counters as c (scope, last) values (next_number.scope, 1)
    on conflict on constraint code_counters_pkey do update set last = c.last + 1
    returning c.last
$$;
comment on function next_number is 'The next number for a code in this repository or workplan.';
