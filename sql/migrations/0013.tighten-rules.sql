-- What the tables let through so far: slugs that look like ids (and could not be found by name), a task's code that a route
-- shadows, lists of lists, an assignee without a name, a decision that supersedes itself. Takes effect at once for what is
-- written; a row of before that breaks a rule stays, with a warning, until it is written again.
-- depends: 0012.serve-claims
set local lock_timeout = '2s';
set local statement_timeout = '60s';

alter table code_files add column if not exists triggers text [] not null default '{}';
comment on table code_files is
'Checksum of the functions, views, triggers and grants that are loaded, and the triggers that must fire.';

do $$
declare
    flat constant text := 'case when array_ndims(%1$I) > 1 then false else array_position(%1$I, null) is null end';
    no_id constant text := '%1$I !~* ''^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$''';
    rule record;
begin
    for rule in values
        ('topics', 'topics_slug_no_id', 'slug', no_id, 'must not look like an id'),
        ('managed_repos', 'repos_slug_no_id', 'slug', no_id, 'must not look like an id'),
        ('managed_repos', 'repos_capability_tags_flat', 'capability_tags', flat, 'takes a plain list of texts'),
        ('managed_repos', 'repos_business_stake_flat', 'business_stake', flat, 'takes a plain list of texts'),
        (
            'managed_repos', 'repos_last_synced_at_range', 'last_synced_at',
            '%1$I >= ''0001-01-02'' and %1$I < ''9999-12-31''', 'takes the years 1 to 9999'
        ),
        ('workplans', 'workplans_labels_flat', 'labels', flat, 'takes a plain list of texts'),
        ('tasks', 'tasks_labels_flat', 'labels', flat, 'takes a plain list of texts'),
        ('tasks', 'tasks_assignee_given', 'assignee', '%1$I ~ ''\S''', 'must not be only spaces'),
        (
            'tasks', 'tasks_code_free', 'code', 'lower(%1$I) not in (''ready'', ''claim'', ''claims'')',
            'is a word of the routes below /tasks; take another one'
        ),
        ('decisions', 'decisions_labels_flat', 'labels', flat, 'takes a plain list of texts'),
        (
            'decisions', 'decisions_superseded_by_not_itself', 'superseded_by', '%1$I <> id',
            'a decision cannot supersede itself'
        ),
        (
            'decisions', 'decisions_superseded_by_fits_status', 'superseded_by', '%1$I is null or status = ''superseded''',
            'a decision that names its successor is superseded; take the successor away to open it again'
        )
    loop
        if not exists (
            select from pg_constraint as c
            where c.conname = rule.column2 and c.conrelid = to_regclass('statehub.' || quote_ident(rule.column1))
        ) then
            execute format(
                'alter table %I add constraint %I check (%s) not valid',
                rule.column1, rule.column2, format(rule.column4, rule.column3)
            );
        end if;
        execute format('comment on constraint %I on %I is %L', rule.column2, rule.column1, rule.column3 || ': ' || rule.column5);
        begin
            execute format('alter table %I validate constraint %I', rule.column1, rule.column2);
        exception when check_violation then
            raise warning '%: rows of before break %; they stay until they are written again', rule.column1, rule.column2;
        end;
    end loop;
end
$$;
