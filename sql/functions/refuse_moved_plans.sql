-- Whoever syncs has read versions; a row that is no longer at its version is told with a pointer, all of them at once.
create function refuse_moved_plans(target_repo uuid) returns void
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    wrong jsonb;
    moved jsonb;
begin
    select jsonb_agg(jsonb_build_object('pointer', f.pointer, 'detail', f.detail) order by f.pointer) into wrong
    from (
        select format('/workplans/%s/code', max(b.at)) as pointer, 'stands twice in this batch' as detail
        from batch_plans as b group by lower(b.code) having count(*) > 1
        union all
        select format('/workplans/%s/tasks/%s/code', max(b.plan_at), max(b.at)), 'stands twice in this batch'
        from batch_tasks as b where b.code is not null group by lower(b.code) having count(*) > 1
        union all
        select format('/workplans/%s/topic', b.at), 'does not exist; GET /topics lists them'
        from batch_plans as b where b.topic is not null and b.topic_id is null
    ) as f;
    if wrong is not null then
        raise exception '% in the batch cannot be taken', wrong #>> '{0,pointer}' using errcode = 'SH422', detail = wrong::text;
    end if;
    select jsonb_agg(jsonb_build_object('pointer', f.pointer, 'detail', f.detail) order by f.pointer) into moved
    from (
        select
            s.pointer, case
                when s.elsewhere then s.code || ' belongs to another ' || s.owner
                when s.found is null then s.code || ' is not there'
                when s.expected is null then format('%s is there already, at version %s', s.code, s.found)
                else format('%s is at version %s, not %s', s.code, s.found, s.expected)
            end as detail
        from (
            select format('/workplans/%s', b.at) as pointer, b.code, b.expected, b.found, b.repo <> target_repo as elsewhere,
                'repository' as owner
            from batch_plans as b
            union all
            select format('/workplans/%s/tasks/%s', b.plan_at, b.at), b.code, b.expected, b.found,
                b.id is not null and b.workplan is distinct from p.id, 'workplan'
            from batch_tasks as b inner join batch_plans as p on b.plan_at = p.at
        ) as s
        where s.elsewhere or s.found is distinct from s.expected
    ) as f;
    if moved is not null then
        raise exception '% of the rows moved on since they were read; read them again, then repeat the sync',
            jsonb_array_length(moved) using errcode = 'SH409', detail = moved::text;
    end if;
end
$$;
comment on function refuse_moved_plans is 'Raises SH409 with a pointer to each row of the batch that moved, SH422 for what no batch may say.';
