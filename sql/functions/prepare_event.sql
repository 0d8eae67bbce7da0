-- What an event is about has a place: a task's workplan and repo, a decision's workplan, a workplan's repo are filled in where
-- they were left out, so that a list by repo finds the notes on its tasks.
create function prepare_event() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
begin
    if new.task is not null and (new.workplan is null or new.repo is null) then
        select coalesce(new.workplan, t.workplan), coalesce(new.repo, t.repo) into new.workplan, new.repo
        from tasks as t where t.id = new.task;
    end if;
    if new.decision is not null and new.workplan is null and new.topic is null then
        select d.workplan, d.topic into new.workplan, new.topic from decisions as d where d.id = new.decision;
    end if;
    if new.workplan is not null and new.repo is null then
        select w.repo into new.repo from workplans as w where w.id = new.workplan;
    end if;
    return new;
end
$$;
comment on function prepare_event is 'Before insert of an event: workplan and repo of what it is about.';
