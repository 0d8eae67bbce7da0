-- Why a task is ready or not, in words and as data. `why` has a sentence for each obstacle, or says that there is none.
create function why_task(task uuid) returns json
language sql stable set search_path = statehub, pg_temp as $$
    select json_build_object(
        'task', t.code, 'title', t.title, 'status', t.status, 'ready', o.why is null,
        'why', coalesce(o.why, array[t.code || case
            when t.status = 'todo' then ' is ready: nobody holds it, and all that it waits for is done.'
            else format(' is ready: the lease of %s (claim %s) ran out at %s.', c.claimed_by, c.claim_seq, utc(c.lease_expires_at))
        end] || case when t.assignee is null then '{}'
            else array[format('It is assigned to %s: the queue hands it to nobody else.', t.assignee)] end),
        'assignee', t.assignee, 'waiting_on', t.waiting_on,
        'workplan', json_build_object('code', w.code, 'title', w.title, 'status', w.status),
        'claim', case when c.claimed_by is not null then json_build_object(
            'claimed_by', c.claimed_by, 'claim_seq', c.claim_seq, 'claimed_at', c.claimed_at,
            'lease_expires_at', c.lease_expires_at, 'expired', not l.held
        ) end,
        'open_dependencies', n.tasks, 'open_workplan_dependencies', n.workplans
    )
    from tasks as t
    inner join workplans as w on t.workplan = w.id
    left join task_claims as c on t.id = c.task
    cross join lateral (
        select coalesce(c.claimed_by is not null and c.lease_expires_at > clock_timestamp(), false) as held
    ) as l
    cross join lateral (
        select
            (
                select coalesce(json_agg(json_build_object('code', b.code, 'title', b.title, 'status', b.status) order by b.code), '[]')
                from task_dependencies as d inner join tasks as b on d.depends_on = b.id
                where d.task = t.id and b.status not in ('done', 'cancel')
            ) as tasks,
            (
                select coalesce(json_agg(json_build_object('code', b.code, 'title', b.title, 'status', b.status) order by b.code), '[]')
                from workplan_dependencies as d inner join workplans as b on d.depends_on = b.id
                where d.workplan = w.id and b.status not in ('finished', 'archived')
            ) as workplans
    ) as n
    cross join lateral (
        select array_agg(s.sentence order by s.n) as why from (
            select 1 as n, format(
                '%s is held by %s under claim %s, since %s until %s.', t.code, c.claimed_by, c.claim_seq, utc(c.claimed_at),
                utc(c.lease_expires_at)
            ) as sentence where l.held
            union all
            select 2, t.code || case t.status
                when 'progress' then ' is in progress without a claim: somebody is at it.'
                when 'wait' then ' waits' || coalesce(' for ' || nullif(t.waiting_on, ''), '') || '.'
                when 'done' then ' is done.' else ' is cancelled.' end
            where t.status not in ('todo', 'progress') or (t.status = 'progress' and c.claimed_by is null)
            union all
            select 3, format('Its workplan %s is %s; work is handed out when it is ready or active.', w.code, w.status)
            where w.status not in ('ready', 'active')
            union all
            select 4, format('Its workplan %s waits for workplan %s, which is %s.', w.code, b ->> 'code', b ->> 'status')
            from json_array_elements(n.workplans) as b
            union all
            select 5, format('%s waits for %s, which is %s.', t.code, b ->> 'code', b ->> 'status')
            from json_array_elements(n.tasks) as b
        ) as s
    ) as o
    where t.id = why_task.task
$$;
comment on function why_task is 'Why a task is ready or is not: {task, ready, why: [sentences], …}.';
