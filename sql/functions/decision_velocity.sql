-- How many decisions were made a week (from Monday, UTC), and how long they had waited for it. What was made when it was
-- written down had waited for nothing: it counts as made, and not in the median.
create function decision_velocity(weeks integer) returns text
language sql stable set search_path = statehub, pg_temp set timezone = 'UTC' as $$
    select json_build_object('items', json_agg(json_build_object(
        'week', w.week, 'made', w.made, 'answered', w.answered, 'median_days', round(w.median_days::numeric, 2)
    ) order by w.week))::text
    from (
        select
            s.week::date as week, count(d.id) as made, count(d.id) filter (where d.decided_at > d.created_at) as answered,
            percentile_cont(0.5) within group (order by extract(epoch from d.decided_at - d.created_at) / 86400)
                filter (where d.decided_at > d.created_at) as median_days
        from generate_series(
            date_trunc('week', now()) - make_interval(weeks => weeks - 1), date_trunc('week', now()), interval '1 week'
        ) as s (week)
        left join decisions as d
            on d.decided_at >= s.week and d.decided_at < s.week + interval '1 week' and d.decision_type = 'made'
        group by s.week
    ) as w
$$;
comment on function decision_velocity is 'Decisions made a week, and the median days from question to answer, as JSON text.';
