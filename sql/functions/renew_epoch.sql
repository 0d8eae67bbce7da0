-- For the app, when it finds itself on another server, database or timeline: a restore, or a fail-over. Starts no epoch
-- otherwise; restore itself starts one by force, as the owner.
create function renew_epoch() returns text
language sql volatile security definer set search_path = statehub, pg_temp as $$
    select start_epoch(false)
$$;
comment on function renew_epoch is 'Starts an epoch if server, database or timeline are not those of the last one.';
