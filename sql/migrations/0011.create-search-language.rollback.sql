do $$
declare
    named text;
begin
    for named in
        select i.indexrelid::regclass::text from pg_index as i inner join pg_class as c on i.indexrelid = c.oid
        where c.relnamespace = 'statehub'::regnamespace and c.relname like 'search\_%' and c.relname not like 'search\_language%'
    loop
        execute format('drop index %s', named);
    end loop;
end
$$;
drop table if exists search_language;
