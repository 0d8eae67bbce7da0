-- Changes the columns that the document names. With a version, only if the row still has it: else SH412. A task's document may
-- carry claim_seq: then only while that claim holds it (SH409), and its lease is renewed.
create function update_row(kind text, named text, doc jsonb, expected integer default null, claim_limit integer default null)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    tbl text := (select k.tbl from kinds as k where k.kind = update_row.kind);
    columns text := (select string_agg(quote_ident(key), ', ') from jsonb_object_keys(doc - 'claim_seq') as key);
    target uuid := row_id(kind, named);
    found_version integer;
begin
    execute format('select t.version from %I as t where t.id = $1 for no key update', tbl) into found_version using target;
    if found_version <> expected then
        raise exception 'the row is at version %, not %; read it again, then repeat the change', found_version, expected
            using errcode = 'SH412';
    end if;
    if doc ->> 'claim_seq' is not null then
        perform check_claim(target, (doc ->> 'claim_seq')::bigint, claim_limit => update_row.claim_limit);
    end if;
    if columns is not null then
        execute format(
            'update %I as t set (%s) = (select %2$s from jsonb_populate_record(t, $1)) where t.id = $2', tbl, columns
        ) using resolve_references(doc), target;
    end if;
    return query select * from written(kind, target::text);
end
$$;
comment on function update_row is 'Updates a row of this kind; answers as written() does.';
