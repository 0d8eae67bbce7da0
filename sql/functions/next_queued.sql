-- The first of the queue that is free and not assigned to somebody else, locked. The queue of all and the queue of one
-- repository have an index each, so that only what others have locked, or is not for this agent, is passed over.
-- `no key update`, as that is what an update takes: a note on a task, which refers to it, keeps nobody from claiming it.
-- Mostly everything is settled and no lease has run out. One statement tells that, and the task, in one snapshot; where there is
-- more to ask it finds nothing, and locks nothing. The first entry of the index tells whether any claim has expired at all.
-- Sorting is off: else a short table is judged to its end before the first row of it is taken. The plan is the same for all,
-- and to make it takes longer than to run it.
create function next_queued(agent text, repos uuid []) returns uuid
language plpgsql volatile
set search_path = statehub, pg_temp set enable_sort = off set plan_cache_mode = force_generic_plan as $$
declare
    found_id uuid;
    name text := lower(agent);
    at timestamptz := clock_timestamp();
begin
    if repos is null then
        select t.id into found_id from tasks as t
        where t.queued and (t.assignee is null or lower(t.assignee) = name)
            and not exists (select from unsettled)
            and coalesce((
                select c.lease_expires_at > at from task_claims as c
                where c.claimed_by is not null order by c.lease_expires_at limit 1
            ), true)
        order by t.priority, t.due_at, t.position, t.code limit 1 for no key update skip locked;
    elsif cardinality(repos) = 1 then
        select t.id into found_id from tasks as t
        where t.queued and t.repo = repos[1] and (t.assignee is null or lower(t.assignee) = name)
            and not exists (select from unsettled)
            and coalesce((
                select c.lease_expires_at > at from task_claims as c
                where c.claimed_by is not null order by c.lease_expires_at limit 1
            ), true)
        order by t.priority, t.due_at, t.position, t.code limit 1 for no key update skip locked;
    end if;
    return found_id;
end
$$;
comment on function next_queued is 'The first task of the queue for this agent, locked; null where there is more to ask.';
