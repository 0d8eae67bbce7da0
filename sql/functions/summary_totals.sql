-- Every status of each vocabulary, in its order, those without a row too. The keys keep the older word workstreams.
create function summary_totals(counted json) returns json
language sql stable set search_path = statehub, pg_temp as $$
    select json_object_agg(s.label, (
        select json_object_agg(v.value, v.n order by v.position) from (
            select e.value, e.position, coalesce(c.n, 0) as n
            from vocabularies as e
            left join json_to_recordset(counted) as c (tbl text, key text, n bigint) on c.tbl = s.tbl and e.value = c.key
            where e.name = s.vocabulary
            union all
            select 'total', 1000, coalesce(sum(c.n), 0)
            from json_to_recordset(counted) as c (tbl text, key text, n bigint) where c.tbl = s.tbl
        ) as v
    ) order by s.position)
    from (
        values (1, 'topics', 'topics', 'topic_status'), (2, 'workstreams', 'workplans', 'workplan_status'),
        (3, 'tasks', 'tasks', 'task_status'), (4, 'decisions', 'decisions', 'decision_status')
    ) as s (position, label, tbl, vocabulary)
$$;
comment on function summary_totals is 'The totals of the summary from rows {tbl, key, n}.';
