-- Whether nothing was done here but what the seed does: then a whole hub may be read in its place. The seed is one
-- transaction, so its interfaces, of which no event tells, are of the same moment as its events.
create function hub_is_empty() returns boolean
language sql stable set search_path = statehub, pg_temp as $$
    select not exists (select from managed_repos)
        and not exists (select from decisions)
        and not exists (select from topics as t where t.version > 1)
        and not exists (
            select from legacy_interfaces as i
            where i.version > 1 or i.created_at not in (select p.created_at from progress_events as p)
        )
        and not exists (
            select from progress_events as p
            where p.event_type <> 'created' or p.author <> 'seed' or p.topic is null or p.repo is not null
        )
$$;
comment on function hub_is_empty is 'Whether there is nothing here but what the seed put there.';
