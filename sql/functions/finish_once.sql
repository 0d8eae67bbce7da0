create function finish_once(
    author text, key text, body text, version integer, short_name text, token text, created boolean
) returns void
language sql volatile set search_path = statehub, pg_temp as $$
    update idempotency_keys as i
    set body = finish_once.body, row_version = finish_once.version, short_name = finish_once.short_name, token = finish_once.token,
        created = finish_once.created
    where i.author = finish_once.author and i.key = finish_once.key
$$;
comment on function finish_once is 'Keeps the answer of a write for its Idempotency-Key, in the same transaction.';
