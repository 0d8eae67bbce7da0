-- One row from a JSON document: its keys are columns that the API's role may insert, references by short name.
create function create_row(kind text, doc jsonb)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    tbl text := (select k.tbl from kinds as k where k.kind = create_row.kind);
    columns text := (select string_agg(quote_ident(key), ', ') from jsonb_object_keys(doc) as key);
    new_id text;
begin
    execute format(
        'insert into %I (%s) select %2$s from jsonb_populate_record(null::%1$I, $1) returning id::text', tbl, columns
    ) into new_id using resolve_references(doc);
    return query select * from written(kind, new_id);
end
$$;
comment on function create_row is 'Inserts a row of this kind; answers as written() does.';
