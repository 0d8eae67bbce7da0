-- How many events there were a day (UTC), by who or what they were. Every day of the window is there, also without an event, and
-- today is the last. It reads the events of the window once, by their time.
create function event_volume(days integer, split_by text) returns text
language sql stable set search_path = statehub, pg_temp set timezone = 'UTC' as $$
    with counted as materialized (
        select e.occurred_at::date as day, case when split_by = 'author_kind' then e.author_kind::text else e.event_type::text end as key,
            count(*) as n
        from progress_events as e
        where e.occurred_at >= current_date - (days - 1) and e.occurred_at < current_date + 1
        group by 1, 2
    )
    select json_build_object('by', split_by, 'items', json_agg(json_build_object(
        'day', d.day, 'total', coalesce(d.total, 0), 'counts', coalesce(d.counts, '{}')
    ) order by d.day))::text
    from (
        select s.day::date as day, sum(c.n) as total, json_object_agg(c.key, c.n order by c.key) filter (where c.n > 0) as counts
        from generate_series(current_date - (days - 1), current_date, interval '1 day') as s (day)
        left join counted as c on s.day::date = c.day
        group by s.day
    ) as d
$$;
comment on function event_volume is 'Events a day of the last days, by author_kind or event_type, as JSON text.';
