-- Puts a table under watch: each statement that touches a row of it writes the ledger and notifies the section.
-- Called by triggers/watched.sql when the code is loaded. One trigger function a table, because transition tables are read
-- with fixed columns on the hot path; one trigger for revision and total together, because two cost a third more.
create function watch(tbl text, section text, key text default null, scope text default null) returns void
language plpgsql as $watch$
declare
    -- a counted table moves its totals by one row each; any other leaves a single row with n = 0
    counted text := format('select %L, %s, %s::text, ', tbl, coalesce(quote_ident(scope), 'null::uuid'), quote_ident(key));
    bump text := format('select %L, null::uuid, null::text, 0', tbl);
    on_insert text := case when key is null then bump || ' where exists (select from changed)' else counted || '1 from changed' end;
    on_delete text := case when key is null then bump || ' where exists (select from was)' else counted || '-1 from was' end;
    on_update text := case when key is null then on_insert else on_insert || ' union all ' || on_delete end;
    -- before truncate, under its lock, the rows are counted a last time; an older snapshot could miss some
    on_truncate text := bump || case when key is null then ''
        else format(' union all %s -count(*) from %I group by 2, 3', counted, tbl) end;
begin
    execute format($body$
        create function %1$I() returns trigger language plpgsql security definer set search_path = statehub, pg_temp as $f$
        begin
            if tg_op = 'INSERT' then
                insert into ledger (tbl, scope, key, n) %2$s;
            elsif tg_op = 'UPDATE' then
                insert into ledger (tbl, scope, key, n) %3$s;
            elsif tg_op = 'DELETE' then
                insert into ledger (tbl, scope, key, n) %4$s;
            else
                if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
                    raise exception 'TRUNCATE of a watched table needs read committed' using errcode = 'SH409';
                end if;
                insert into ledger (tbl, scope, key, n) %5$s;
            end if;
            if found and current_setting('statehub.notify', true) is distinct from 'off'
                and pg_notify('statehub', %6$L) is null then null;
            end if;
            return null;
        end $f$
        $body$, 'ledger_' || tbl, on_insert, on_update, on_delete, on_truncate, section);
    execute format($triggers$
        comment on function %1$I() is 'Writes the ledger for %2$s and notifies section %3$s. Made by watch().';
        create trigger ledger_insert after insert on %2$I referencing new table as changed
            for each statement execute function %1$I();
        create trigger ledger_update after update on %2$I referencing old table as was new table as changed
            for each statement execute function %1$I();
        create trigger ledger_delete after delete on %2$I referencing old table as was
            for each statement execute function %1$I();
        create trigger ledger_truncate before truncate on %2$I for each statement execute function %1$I();
        $triggers$, 'ledger_' || tbl, tbl, section);
    insert into revisions (tbl, section) values (watch.tbl, watch.section)
    on conflict on constraint revisions_pkey do update set section = excluded.section;
end
$watch$;
comment on function watch is 'Puts a table under watch: section to notify; key and scope of its totals, if it is counted.';
