-- With each fold. A key that is over but still there counts as unused, so it does not matter when.
create function forget_keys() returns void
language sql volatile security definer set search_path = statehub, pg_temp as $$
    delete from idempotency_keys as i where (i.author, i.key) in (
        select o.author, o.key from idempotency_keys as o
        where o.asked_at < now() - interval '25 hours' order by o.asked_at limit 1000 for update skip locked
    )
$$;
comment on function forget_keys is 'Removes Idempotency-Keys that are over, a thousand at a time.';
