-- Which history of the database this is. A restore, a copy or a fail-over with another timeline gives another one.
create function epoch() returns text
language sql stable set search_path = statehub, pg_temp as $$
    select left(md5(concat_ws('/', (select e.id from epochs as e order by e.number desc limit 1), epoch_identity())), 12)
$$;
comment on function epoch is 'The epoch: 12 hex digits.';
