-- Where a claim looks: null repos are all of them. An unknown name is SH422, with its field.
create function claim_scope(repo text, workplan text, domain text, tags text [], out repos uuid [], out plan uuid)
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    asked jsonb := resolve_references(jsonb_strip_nulls(jsonb_build_object('repo', repo, 'workplan', workplan, 'domain', domain)));
begin
    if domain is not null and not exists (select from domains as d where d.slug = asked ->> 'domain') then
        raise exception 'There is no domain %; GET /domains lists them', left(domain, 200)
            using errcode = 'SH422', column = 'domain';
    end if;
    plan := (asked ->> 'workplan')::uuid;
    if num_nonnulls(repo, domain, tags) > 0 then
        repos := array(
            select r.id from managed_repos as r
            where coalesce(r.id = (asked ->> 'repo')::uuid, true) and coalesce(r.domain = asked ->> 'domain', true)
                and r.capability_tags @> coalesce(tags, '{}')
        );
    end if;
end
$$;
comment on function claim_scope is 'The repositories (null: all) and the workplan (null: any) that a claim is about.';
