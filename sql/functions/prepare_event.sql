-- What an event is about has a place: a task's workplan and repo, a decision's workplan, a workplan's repo are filled in where
-- they were left out, so that a list by repo finds the notes on its tasks.
-- Repo, workplan and task have no foreign key: its locks cost more than the rest of an event (docs/adr/0022). What is written
-- by hand is checked here; a trigger writes what it has just seen. keep_known() does the rest.
create function prepare_event() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
declare
    unknown text;
begin
    if pg_trigger_depth() = 1 or new.repo is null then
        unknown := case
            when new.repo is not null and not exists (select from managed_repos as r where r.id = new.repo for key share)
                then 'repo: is not registered'
            when new.workplan is not null and not exists (select from workplans as w where w.id = new.workplan for key share)
                then 'workplan: does not exist'
            when new.task is not null and not exists (select from tasks as t where t.id = new.task for key share)
                then 'task: does not exist'
        end;
        if unknown is not null then
            raise foreign_key_violation using message = unknown, table = 'progress_events',
                constraint = format('progress_events_%s_known', split_part(unknown, ':', 1));
        end if;
    end if;
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
comment on function prepare_event is 'Before insert of an event: workplan and repo of what it is about, which are there.';
