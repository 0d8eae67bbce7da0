create function is_for(assignee text, agent text) returns boolean
language sql immutable as $$
    select is_for.assignee is null or lower(is_for.assignee) = lower(is_for.agent)
$$;
comment on function is_for is 'Whether the queue hands a task with this assignee to this agent; names are compared without case.';
