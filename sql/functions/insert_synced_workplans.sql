create function insert_synced_workplans(target_repo uuid) returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    made integer;
begin
    insert into workplans (
        code, repo, topic, title, description, owner, status, priority, due_at, labels, source_path, sync_base
    )
    select
        b.code, target_repo, b.topic_id, n.title, coalesce(n.description, ''), n.owner, coalesce(n.status, 'proposed'),
        coalesce(n.priority, 2), n.due_at, coalesce(n.labels, '{}'), n.source_path, n.sync_base
    from batch_plans as b cross join lateral jsonb_populate_record(null::workplans, b.doc) as n
    where b.id is null order by b.at;
    get diagnostics made = row_count;
    update batch_plans as b set id = w.id from workplans as w where b.id is null and lower(b.code) = lower(w.code);
    return jsonb_build_object('workplans_created', made);
end
$$;
comment on function insert_synced_workplans is 'Inserts the new workplans of the batch; how many.';
