create function is_held(task uuid, at timestamptz) returns boolean
language sql stable set search_path = statehub, pg_temp as $$
    select exists (
        select from task_claims as c
        where c.task = is_held.task and c.claimed_by is not null and c.lease_expires_at > is_held.at
    )
$$;
comment on function is_held is 'Whether somebody holds the task under a lease that runs at that time.';
