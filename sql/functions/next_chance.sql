-- For those who wait for a task: whether anything is ready for this agent (null: for anybody), and in how many seconds the next
-- lease runs out, which no notification tells of.
create function next_chance(
    agent text, repo text, workplan text, domain text, tags text [], max_priority integer,
    out is_ready boolean, out lease_ends_s double precision
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    at timestamptz := clock_timestamp();
begin
    is_ready := list_ready(agent, repo, workplan, domain, tags, max_priority, 1)::json #> '{items,0}' is not null;
    select extract(epoch from min(c.lease_expires_at) - at) into lease_ends_s
    from task_claims as c where c.claimed_by is not null and c.lease_expires_at > at;
end
$$;
comment on function next_chance is 'Whether something is ready, and the seconds until the next lease runs out.';
