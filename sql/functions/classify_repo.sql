-- Registers a repository by what its file says, or reclassifies it. Who registers it again wants it: an archived one becomes
-- active. What is the same already is not written: no version, no event, no revision. named: the slug, or the row's id.
create function classify_repo(named text, doc jsonb, expected integer default null)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8,
    created boolean
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    wanted managed_repos := jsonb_populate_record(null::managed_repos, doc);
    found_version integer;
    target uuid;
begin
    if lower(named) <> wanted.slug
        and not exists (select from managed_repos as r where r.id::text = lower(named) and r.slug = wanted.slug)
    then
        raise exception 'the address says %, the document %; they must agree', left(named, 200), wanted.slug
            using errcode = 'SH422', column = 'slug';
    end if;
    perform resolve_references(jsonb_build_object('topic', doc -> 'topic')), set_config('statehub.event_type', 'registration', true);
    wanted.classification := doc - '{path,remote_url}'::text [];
    wanted.classification_version := doc ->> 'schema';
    if expected is null then
        insert into managed_repos as r (
            slug, name, path, remote_url, category, domain, capability_tags, business_stake, classification, classification_version
        )
        values (
            wanted.slug, wanted.name, wanted.path, wanted.remote_url, wanted.category, wanted.domain, wanted.capability_tags,
            wanted.business_stake, wanted.classification, wanted.classification_version
        )
        on conflict on constraint repos_slug_taken do nothing
        returning r.id into target;
    end if;
    created := target is not null;
    if not created then
        select r.id, r.version into target, found_version from managed_repos as r where r.slug = wanted.slug for no key update;
        if found_version is distinct from coalesce(expected, found_version) then
            raise exception 'the repo is %, not at version %; read it again, then repeat the change',
                coalesce('at version ' || found_version, 'not there'), expected using errcode = 'SH412';
        end if;
        update managed_repos as r
        set name = wanted.name, category = wanted.category, domain = wanted.domain, capability_tags = wanted.capability_tags,
            business_stake = wanted.business_stake, classification = wanted.classification,
            classification_version = wanted.classification_version, status = 'active',
            path = case when doc ? 'path' then wanted.path else r.path end,
            remote_url = case when doc ? 'remote_url' then wanted.remote_url else r.remote_url end
        where r.id = target and (
            (r.name, r.category, r.domain, r.capability_tags, r.business_stake, r.classification, r.classification_version, r.status)
            is distinct from (
                wanted.name, wanted.category, wanted.domain, wanted.capability_tags, wanted.business_stake,
                wanted.classification, wanted.classification_version, 'active'
            )
            or (doc ? 'path' and r.path is distinct from wanted.path)
            or (doc ? 'remote_url' and r.remote_url is distinct from wanted.remote_url)
        );
    end if;
    return query select w.*, classify_repo.created from written('repos', target::text) as w;
end
$$;
comment on function classify_repo is
'Registers or reclassifies a repository from a classification; as written() does, and whether it made the row.';
