-- Whether nothing was done here but what the seed does: then a whole hub may be read in its place. Looks at a few rows only.
create function hub_is_empty() returns boolean
language sql stable set search_path = statehub, pg_temp as $$
    select not exists (select from managed_repos)
        and not exists (select from decisions)
        and not exists (select from topics as t where t.version > 1)
        and not exists (
            select from progress_events as p
            where p.event_type <> 'created' or p.author <> 'seed' or p.topic is null or p.repo is not null
        )
$$;
comment on function hub_is_empty is 'Whether there is nothing here but what the seed put there.';
