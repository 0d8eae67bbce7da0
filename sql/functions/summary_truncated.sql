-- Which lists of the summary were cut, how long they really are, and the link that pages through the rest.
create function summary_truncated(row_limit integer, shown_topics uuid []) returns json
language sql stable set search_path = statehub, pg_temp as $$
    with sizes (position, list, total, href) as (
        select 1, 'topics', (select sum(n) from current_totals where tbl = 'topics' and key in ('active', 'paused')),
            '/topics?status=active&status=paused'
        union all
        select 2, 'topics/' || t.slug, c.n, '/workplans?topic=' || t.slug || open_plans.query
        from unnest(shown_topics) as s (id)
        inner join topics as t on s.id = t.id
        cross join lateral (
            select count(*) as n from workplans as w where w.topic = t.id and w.status not in ('finished', 'archived')
        ) as c
        cross join (
            select string_agg('&status=' || v.value, '' order by v.position) as query from vocabularies as v
            where v.name = 'workplan_status' and v.value not in ('finished', 'archived')
        ) as open_plans
        where c.n > row_limit
        union all
        select 3, 'blocking_decisions',
            (select count(*) from decisions where decision_type = 'pending' and status in ('open', 'escalated')),
            '/decisions?decision_type=pending&status=open&status=escalated'
        union all
        select 4, 'waiting_tasks', (select sum(n) from current_totals where tbl = 'tasks' and key = 'wait'), '/tasks?status=wait'
        union all
        select 5, 'open_workstreams',
            (select sum(n) from current_totals where tbl = 'workplans' and key not in ('finished', 'archived')),
            '/workplans?' || string_agg('status=' || v.value, '&' order by v.position)
        from vocabularies as v where v.name = 'workplan_status' and v.value not in ('finished', 'archived')
    )
    select coalesce(json_object_agg(s.list, json_build_object('total', s.total, 'href', s.href) order by s.position, s.list), '{}')
    from sizes as s where s.total > row_limit
$$;
comment on function summary_truncated is 'The lists that were cut: {list: {total, href}}.';
