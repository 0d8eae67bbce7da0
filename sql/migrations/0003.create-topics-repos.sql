-- Domains, topics, repositories: what work belongs to. Domains are data (seed/), keyed by their slug.
-- depends: 0002.create-ledger
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create table if not exists domains (
    slug text primary key constraint domains_slug_form check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text not null,
    description text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1
);
comment on table domains is 'Market domains. Read-only over the API; seeded.';

create table if not exists topics (
    id uuid primary key default gen_random_uuid(),
    slug text not null constraint topics_slug_taken unique
    constraint topics_slug_form check (slug ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    title text not null constraint topics_title_given check (title ~ '\S' and char_length(title) <= 1000),
    description text not null default '',
    domain text not null constraint topics_domain_known references domains,
    status topic_status not null default 'active',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1
);
comment on table topics is 'An optional tag across repositories.';
comment on constraint topics_slug_taken on topics is 'slug: is taken by another topic';
comment on constraint topics_slug_form on topics is
'slug: takes lower-case letters, digits, dot, dash and underscore, at most 63, the first a letter or digit';
comment on constraint topics_title_given on topics is 'title: must have 1 to 1,000 characters, not only spaces';
comment on constraint topics_domain_known on topics is 'domain: is none of the domains; GET /domains lists them';
create index if not exists topics_domain on topics (domain, created_at);

create table if not exists managed_repos (
    id uuid primary key default gen_random_uuid(),
    slug text not null constraint repos_slug_taken unique
    constraint repos_slug_form check (slug ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    name text not null constraint repos_name_given check (name ~ '\S' and char_length(name) <= 1000),
    path text,
    remote_url text,
    category repo_category not null default 'project',
    domain text not null constraint repos_domain_known references domains,
    capability_tags text [] not null default '{}',
    business_stake text [] not null default '{}',
    classification jsonb,
    classification_version text,
    status repo_status not null default 'active',
    last_synced_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1
);
comment on table managed_repos is 'The repositories whose plans live here.';
comment on constraint repos_slug_taken on managed_repos is 'slug: is taken by another repository';
comment on constraint repos_slug_form on managed_repos is
'slug: takes lower-case letters, digits, dot, dash and underscore, at most 63, the first a letter or digit';
comment on constraint repos_name_given on managed_repos is 'name: must have 1 to 1,000 characters, not only spaces';
comment on constraint repos_domain_known on managed_repos is
'domain: is none of the domains; GET /domains lists them';
create index if not exists managed_repos_domain on managed_repos (domain);
