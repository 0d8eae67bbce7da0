-- To fetch a row that the index names costs about a hundredth of making a row's vector. So the index is worth its while as
-- long as it names fewer than 100 * sqrt(rows): beyond, 100 hits are found sooner among the newest rows. The planner knows
-- how many it will be; volatile, since explain is.
create function search_is_rare(tbl text, condition text) returns boolean
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    rows_there real := (select c.reltuples from pg_class as c where c.oid = format('statehub.%I', tbl)::regclass);
    estimate json;
    is_small boolean;
begin
    execute format('select count(*) <= 1000 from (select from %I limit 1001) as f', tbl) into is_small;
    if is_small then return false; end if;  -- all of them are among the newest
    execute format('explain (format json) select from %I as b where %s', tbl, condition) into estimate;
    return (estimate -> 0 -> 'Plan' ->> 'Plan Rows')::real < 100 * sqrt(greatest(rows_there, 2000));
end
$$;
comment on function search_is_rare is 'Whether so few rows of the table meet this search condition that its index should find them.';
