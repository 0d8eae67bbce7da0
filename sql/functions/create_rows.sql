-- Many rows, all or nothing. An error is raised again as it came, with the number of its document as the hint; one
-- subtransaction for all of them, since one each would cost every reader's snapshot.
create function create_rows(kind text, docs jsonb)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    at integer := 0;
    keys text [] := '{}';
    said text;
    state text;
    broken text;
    col text;
begin
    begin
        while at < jsonb_array_length(docs) loop
            keys := keys || insert_row(kind, docs -> at);
            at := at + 1;
        end loop;
    exception when others then
        get stacked diagnostics
            said = message_text, state = returned_sqlstate, broken = constraint_name, col = column_name;
        raise exception using message = said, errcode = state, constraint = broken, column = col, hint = at::text;
    end;
    return query
    select
        (select json_build_object('items', json_agg(b.body::json order by k.n))::text
        from unnest(keys) with ordinality as k (key, n) cross join lateral row_body(create_rows.kind, k.key) as b),
        null::integer, null::text, r.epoch, r.core, r.progress, r.snapshot, pg_current_xact_id_if_assigned()
    from revisions() as r;
end
$$;
comment on function create_rows is 'Inserts rows of this kind from a JSON list; answers {"items"} as written() does.';
