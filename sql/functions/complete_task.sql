-- Finishes a task under its claim, and says which others became ready by it.
create function complete_task(task text, agent text, claim_seq bigint, summary text default null)
returns table (id uuid, code text, unblocked text [])
language plpgsql volatile set search_path = statehub, pg_temp as $$
#variable_conflict use_column
declare
    target uuid := row_id('tasks', complete_task.task);
    named text;
begin
    perform from tasks as t where t.id = target for no key update;
    perform fence_claim(target, complete_task.claim_seq, agent);
    named := change_status(target, 'done', 'status',
        format('finished by %s', agent) || coalesce(': ' || nullif(complete_task.summary, ''), ''),
        jsonb_strip_nulls(jsonb_build_object(
            'agent', agent, 'claim_seq', complete_task.claim_seq, 'summary', complete_task.summary
        )));
    return query select target, named, unblocked_by(target);
end
$$;
comment on function complete_task is 'Finishes a task under its claim; the codes of those that became ready.';
