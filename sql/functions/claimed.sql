-- What a claim answers: {task, claim_seq, claimed_at, lease_expires_at}, and the parts of its token, as written() does.
create function claimed(task uuid, claim_seq bigint, claimed_at timestamptz, lease_expires_at timestamptz)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
begin
    return query
    select
        json_build_object(
            'task', w.body::json, 'claim_seq', claimed.claim_seq, 'claimed_at', claimed.claimed_at,
            'lease_expires_at', claimed.lease_expires_at
        )::text,
        w.version, w.short_name, w.epoch, w.core, w.progress, w.snapshot, w.xid
    from written('tasks', claimed.task::text) as w;
end
$$;
comment on function claimed is 'The answer of a claim as JSON text, and the parts of its revision token.';
