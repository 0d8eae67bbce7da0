create function changed_columns(before jsonb, after jsonb) returns jsonb
language sql immutable as $$
    select jsonb_agg(a.key order by a.key) from jsonb_each(changed_columns.after) as a
    where a.value is distinct from changed_columns.before -> a.key
        and a.key not in ('version', 'updated_at', 'queued', 'sync_base', 'last_synced_at')
$$;
comment on function changed_columns is 'The columns in which two rows differ, but for bookkeeping; null when there are none.';
