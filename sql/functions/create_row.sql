-- One row from a JSON document.
create function create_row(kind text, doc jsonb)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
begin
    return query select * from written(kind, insert_row(kind, doc));
end
$$;
comment on function create_row is 'Inserts a row of this kind; answers as written() does.';
