-- The forms of codes and slugs, told cheaper: a bounded repetition such as {0,119} is unrolled by PostgreSQL's regular
-- expressions, and took 20 µs of each row that is written or changed, a claim's too. A length beside a plain repetition says the
-- same in 2. The names and texts of the rules stay.
-- depends: 0016.lighten-log
set local lock_timeout = '2s';
set local statement_timeout = '60s';

do $$
declare
    code_form constant text := 'char_length(code) <= %s and code ~ ''^[A-Za-z0-9][A-Za-z0-9._-]*$'''
        ' and code !~* ''^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$''';
    slug_form constant text := 'char_length(slug) <= %s and slug ~ ''^[a-z0-9][a-z0-9._-]*$''';
    rule record;
    told text;
begin
    for rule in values
        ('topics', 'topics_slug_form', format(slug_form, 63)),
        ('managed_repos', 'repos_slug_form', format(slug_form, 63)),
        ('workplans', 'workplans_code_form', format(code_form, 100)),
        ('tasks', 'tasks_code_form', format(code_form, 120)),
        ('decisions', 'decisions_code_form', format(code_form, 100))
    loop
        select obj_description(c.oid, 'pg_constraint') into strict told from pg_constraint as c
        where c.conname = rule.column2 and c.conrelid = to_regclass('statehub.' || quote_ident(rule.column1));
        execute format(
            'alter table %1$I drop constraint %2$I, add constraint %2$I check (%3$s)', rule.column1, rule.column2, rule.column3
        );
        execute format('comment on constraint %I on %I is %L', rule.column2, rule.column1, told);
    end loop;
end
$$;
