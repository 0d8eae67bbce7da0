-- Takes over what another tool kept: a repository, its workplans, tasks, decisions, dependencies and history, in one
-- transaction. A row whose source has not changed since the last import is left as it is, whatever was done to it here in the
-- meantime; so the same file again changes nothing, bumps nothing and notifies nobody.
create function import_plans(doc jsonb, author text)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    target uuid;
    plans jsonb;
    work jsonb;
    choices jsonb;
    needs jsonb;
    history jsonb;
begin
    perform set_author(author, 'system'), set_config('statehub.bulk', 'on', true),
        set_config('statehub.event_type', 'import', true);
    insert into managed_repos (slug, name, domain)
    select r.slug, r.name, lower(r.domain) from jsonb_to_record(doc -> 'repo') as r (slug text, name text, domain text)
    on conflict do nothing;
    target := row_id('repos', doc #>> '{repo,slug}');
    plans := import_workplans(target, doc -> 'workplans');
    work := import_tasks(target, doc -> 'tasks');
    choices := import_decisions(target, coalesce(doc -> 'decisions', '[]'));
    needs := import_dependencies(target, doc -> 'workplan_dependencies', doc -> 'task_dependencies');
    history := import_events(target, doc -> 'events');
    return query
    select
        json_build_object(
            'format', doc -> 'format', 'repo', doc #> '{repo,slug}', 'read', doc -> 'read',
            'workplans', plans - 'why', 'tasks', work - 'why', 'decisions', choices - 'why',
            'dependencies', needs - 'why', 'events', history - 'why',
            'skipped', coalesce(doc -> 'skipped', '[]') || (plans -> 'why') || (work -> 'why') || (choices -> 'why')
                || (needs -> 'why')
        )::text,
        null::integer, doc #>> '{repo,slug}', r.epoch, r.core, r.progress, r.snapshot, pg_current_xact_id_if_assigned()
    from revisions() as r;
end
$$;
comment on function import_plans is 'Imports a repository with plans, tasks, dependencies, history; the body counts what happened.';
