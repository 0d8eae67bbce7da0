-- Inserts what the document says: its keys are columns that the API's role may insert, references by short name. Answers the key.
create function insert_row(kind text, doc jsonb) returns text
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    tbl text := (select k.tbl from kinds as k where k.kind = insert_row.kind);
    columns text := (select string_agg(quote_ident(key), ', ') from jsonb_object_keys(doc) as key);
    new_key text;
begin
    execute format(
        'insert into %I (%s) select %2$s from jsonb_populate_record(null::%1$I, $1) returning id::text', tbl, columns
    ) into new_key using resolve_references(doc);
    return new_key;
end
$$;
comment on function insert_row is 'Inserts a row of this kind; its key.';
