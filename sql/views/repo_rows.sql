create view repo_rows as
select
    r.id, r.slug, r.name, r.path, r.remote_url, r.category, r.domain, r.capability_tags, r.business_stake,
    r.classification, r.classification_version, r.status, r.last_synced_at, r.version, r.created_at, r.updated_at
from managed_repos as r;
comment on view repo_rows is 'Repositories as served.';
