-- The first statement of a write with an Idempotency-Key. A row: the same write was answered before, with this. None: go on, and
-- end with finish_once(). Whoever comes while the first one is at work waits here for its commit.
create function begin_once(author text, key text, fingerprint text)
returns table (body text, version integer, short_name text, token text, created boolean)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    k idempotency_keys;
begin
    insert into idempotency_keys as i (author, key, fingerprint)
    values (begin_once.author, begin_once.key, begin_once.fingerprint)
    on conflict on constraint idempotency_keys_pkey do update set
        fingerprint = excluded.fingerprint, body = null, row_version = null, short_name = null, token = null, created = null,
        asked_at = now()
    where i.asked_at < now() - interval '24 hours';
    if found then return; end if;
    select * into k from idempotency_keys as i where i.author = begin_once.author and i.key = begin_once.key;
    if k.fingerprint <> begin_once.fingerprint then
        raise exception 'this Idempotency-Key was used for another request within 24 hours; take a new one' using errcode = 'SH422';
    end if;
    return query select k.body, k.row_version, k.short_name, k.token, k.created;
end
$$;
comment on function begin_once is 'The answer that was given for this key, if any; SH422 when the request is another one.';
