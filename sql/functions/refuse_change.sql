-- The log is append-only, for every role: what is written stays written.
create function refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception '% is append-only: % refused. Append a new event that says what is right instead', tg_table_name, tg_op
        using errcode = 'SH409';
end
$$;
comment on function refuse_change is 'Refuses update, delete and truncate.';
