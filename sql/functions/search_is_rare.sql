-- To fetch a row that the index names costs about a hundredth of making a row's vector. So the index is worth its while as
-- long as it names fewer than 100 * sqrt(rows): beyond, 100 hits are found sooner among the newest rows. The planner knows
-- how many it will be; volatile, since explain is.
create function search_is_rare(tbl text, condition text) returns boolean
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    rows_there real := (select c.reltuples from pg_class as c where c.oid = format('statehub.%I', tbl)::regclass);
    estimate json;
begin
    if rows_there between 0 and 2000 and pg_relation_size(format('statehub.%I', tbl)::regclass) < 8000000 then return false; end if;
    execute format('explain (format json) select from %I as b where %s', tbl, condition) into estimate;
    return (estimate -> 0 -> 'Plan' ->> 'Plan Rows')::real < 100 * sqrt(greatest(rows_there, 2000));
end
$$;
comment on function search_is_rare is 'Whether so few rows of the table meet this search condition that its index should find them.';
