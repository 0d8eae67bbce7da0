-- The rows of an export, kind by kind: {kind: [row]}. References are short names; whoever calls has seen that each of them
-- leads to a row of the document. Everything is kept as it was written, but queued, which settle() finds, and an event's
-- transaction, which is this one.
create function load_export(doc jsonb) returns void
language plpgsql volatile set search_path = statehub, pg_temp as $$
begin
    insert into escalation_keywords (keyword, kind)
    select x ->> 'keyword', (x ->> 'keyword_kind')::keyword_kind from jsonb_array_elements(doc -> 'keyword') as x;
    insert into domains select d.* from jsonb_populate_recordset(null::domains, doc -> 'domain') as d;
    insert into topics select d.* from jsonb_populate_recordset(null::topics, doc -> 'topic') as d;
    insert into managed_repos select d.* from jsonb_populate_recordset(null::managed_repos, doc -> 'repo') as d;
    insert into workplans
    select d.*
    from jsonb_array_elements(doc -> 'workplan') as x
    left join managed_repos as r on x ->> 'repo' = r.slug left join topics as t on x ->> 'topic' = t.slug
    cross join lateral jsonb_populate_record(null::workplans, x || jsonb_build_object('repo', r.id, 'topic', t.id)) as d;
    insert into tasks
    select d.*
    from jsonb_array_elements(doc -> 'task') as x
    left join workplans as w on lower(x ->> 'workplan') = lower(w.code)
    left join jsonb_array_elements(doc -> 'task') as p on lower(x ->> 'parent') = lower(p ->> 'code')
    cross join lateral jsonb_populate_record(
        null::tasks, x || jsonb_build_object('workplan', w.id, 'repo', w.repo, 'parent', p -> 'id', 'queued', false)
    ) as d;
    insert into workplan_dependencies
    select d.*
    from jsonb_array_elements(doc -> 'workplan_dependency') as x
    left join workplans as w on lower(x ->> 'workplan') = lower(w.code)
    left join workplans as n on lower(x ->> 'depends_on') = lower(n.code)
    cross join lateral jsonb_populate_record(
        null::workplan_dependencies, x || jsonb_build_object('workplan', w.id, 'depends_on', n.id)
    ) as d;
    insert into task_dependencies
    select d.*
    from jsonb_array_elements(doc -> 'task_dependency') as x
    left join tasks as t on lower(x ->> 'task') = lower(t.code)
    left join tasks as n on lower(x ->> 'depends_on') = lower(n.code)
    cross join lateral jsonb_populate_record(
        null::task_dependencies, x || jsonb_build_object('task', t.id, 'depends_on', n.id)
    ) as d;
    insert into task_claims
    select d.*
    from jsonb_array_elements(doc -> 'claim') as x left join tasks as t on lower(x ->> 'task') = lower(t.code)
    cross join lateral jsonb_populate_record(null::task_claims, x || jsonb_build_object('task', t.id)) as d;
    insert into decisions
    select d.*
    from jsonb_array_elements(doc -> 'decision') as x
    left join topics as t on x ->> 'topic' = t.slug
    left join workplans as w on lower(x ->> 'workplan') = lower(w.code)
    left join jsonb_array_elements(doc -> 'decision') as s on lower(x ->> 'superseded_by') = lower(s ->> 'code')
    cross join lateral jsonb_populate_record(
        null::decisions, x || jsonb_build_object('topic', t.id, 'workplan', w.id, 'superseded_by', s -> 'id')
    ) as d;
    perform load_exported_log(doc);
end
$$;
comment on function load_export is 'Inserts the rows of an exported hub, as they were written.';
