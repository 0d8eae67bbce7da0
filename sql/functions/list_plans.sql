-- All that a sync compares with the files, in one statement: the plans of a repository with their tasks, versions and bases.
-- Who knows the tag already is told so: as long as no row of the core section has changed, the body has not.
create function list_plans(named text, known text, out body text, out tag text)
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    target uuid := row_id('repos', named);
begin
    select format('W/"%s.%s"', r.epoch, r.core) into tag from revisions() as r;
    if tag = known then
        return;
    end if;
    body := (
        with needs as materialized (
            select d.task, json_agg(b.code order by b.code) as codes
            from tasks as t inner join task_dependencies as d on t.id = d.task inner join tasks as b on d.depends_on = b.id
            where t.repo = target group by d.task
        ),
        work as materialized (
            select
                t.workplan, json_agg(json_build_object(
                    'code', t.code, 'title', t.title, 'status', t.status, 'assignee', t.assignee, 'waiting_on', t.waiting_on,
                    'priority', t.priority, 'depends_on', coalesce(n.codes, '[]'), 'position', t.position, 'version', t.version
                ) order by t.position, t.code) as tasks
            from tasks as t left join needs as n on t.id = n.task where t.repo = target group by t.workplan
        )
        select json_build_object('repo', r.slug, 'last_synced_at', r.last_synced_at, 'workplans', coalesce((
            select json_agg(json_build_object(
                'code', w.code, 'title', w.title, 'status', w.status, 'owner', w.owner, 'topic', p.slug,
                'depends_on', array(
                    select b.code from workplan_dependencies as d inner join workplans as b on d.depends_on = b.id
                    where d.workplan = w.id order by b.code
                ),
                'synced', w.source_path is not null or w.sync_base is not null, 'source_path', w.source_path,
                'sync_base', w.sync_base, 'version', w.version, 'tasks', coalesce(k.tasks, '[]')
            ) order by w.code)
            from workplans as w left join topics as p on w.topic = p.id left join work as k on w.id = k.workplan
            where w.repo = target
        ), '[]'))::text
        from managed_repos as r where r.id = target
    );
end
$$;
comment on function list_plans is 'The plans of a repository as a sync reads them, as JSON text, null where the tag is known; and the tag.';
