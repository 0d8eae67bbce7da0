-- The language that texts are searched in, beside none: part of every search index's expression, so it is data of this
-- database, and search() reads it here. Written by `custodian migrate` alone, after it has built the indexes of a new
-- language.
-- depends: 0010.create-idempotency-keys
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create table if not exists search_language (
    language text not null constraint search_language_form check (language ~ '^[a-z_0-9]{1,63}$'),
    only_row boolean primary key default true constraint search_language_only_row check (only_row)
);
comment on table search_language is
'The text search configuration of pg_catalog that search uses beside simple: STATEHUB_SEARCH_LANGUAGE at the last migrate.';
insert into search_language (language) values ('english') on conflict do nothing;
