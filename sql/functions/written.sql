-- What a write answers: the row as served, its version and short name, and all that a revision token is made of. A new
-- statement in a volatile function, so that it sees what the write's triggers did.
create function written(kind text, key text)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
begin
    return query
    select b.body, b.version, b.short_name, r.epoch, r.core, r.progress, r.snapshot, pg_current_xact_id_if_assigned()
    from row_body(written.kind, written.key) as b, revisions() as r;
end
$$;
comment on function written is 'The written row as JSON text, and the parts of its revision token.';
