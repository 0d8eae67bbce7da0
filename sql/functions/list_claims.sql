-- Who holds what, the one whose lease ends first before the others. An expired claim is listed too, as long as nobody took over.
create function list_claims(agent text, repo text, page_size integer) returns text
language plpgsql volatile set search_path = statehub, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    repos uuid[] := (select s.repos from claim_scope(list_claims.repo, null, null, null) as s);
    page text;
begin
    select json_build_object('items', coalesce(json_agg(p order by p.lease_expires_at, p.task), '[]'))::text into page
    from (
        select
            t.code as task, t.title, r.slug as repo, w.code as workplan, t.status, c.claimed_by, c.claim_seq, c.claimed_at,
            c.lease_expires_at, c.lease_expires_at <= clock_timestamp() as expired
        from task_claims as c
        inner join tasks as t on c.task = t.id
        inner join workplans as w on t.workplan = w.id
        inner join managed_repos as r on t.repo = r.id
        where c.claimed_by is not null and (agent is null or lower(c.claimed_by) = lower(agent))
            and (repos is null or t.repo = any(repos))
        order by c.lease_expires_at, t.code limit page_size
    ) as p;
    return page;
end
$$;
comment on function list_claims is 'The claims as JSON text: {"items": […]}, by the end of their lease.';
