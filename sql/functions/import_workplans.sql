-- One insert and one update for all. detail.source tells whether a row's source has changed.
create function import_workplans(target_repo uuid, docs jsonb) returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    made integer;
    changed integer;
    foreign_codes text[];
begin
    select coalesce(array_agg(w.code), '{}') into foreign_codes
    from jsonb_to_recordset(docs) as d (code text) inner join workplans as w on lower(d.code) = lower(w.code)
    where w.repo <> target_repo;
    update workplans as w
    set title = d.title, description = d.description, status = d.status, priority = d.priority, labels = d.labels,
        detail = w.detail || d.detail
    from jsonb_populate_recordset(null::workplans, docs) as d
    where lower(w.code) = lower(d.code) and w.repo = target_repo and w.detail -> 'source' is distinct from d.detail -> 'source';
    get diagnostics changed = row_count;
    insert into workplans (code, repo, title, description, status, priority, labels, detail)
    select d.code, target_repo, d.title, d.description, d.status, d.priority, d.labels, d.detail
    from jsonb_populate_recordset(null::workplans, docs) as d
    where not exists (select from workplans as w where lower(w.code) = lower(d.code));
    get diagnostics made = row_count;
    return jsonb_build_object(
        'created', made, 'updated', changed, 'skipped', cardinality(foreign_codes),
        'unchanged', jsonb_array_length(docs) - made - changed - cardinality(foreign_codes),
        'why', (
            select coalesce(jsonb_agg(jsonb_build_object('name', c, 'why', 'this code belongs to another repository')), '[]')
            from unnest(foreign_codes) as c
        )
    );
end
$$;
comment on function import_workplans is 'Creates or updates workplans of a repository; {created, updated, unchanged, skipped, why}.';
