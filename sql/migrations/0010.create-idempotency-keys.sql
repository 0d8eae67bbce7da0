-- An agent that lost the answer of a write sends it again with the same Idempotency-Key, and gets the first answer. Key and
-- answer are stored in the write's own transaction, for 24 hours; one row a write that carries a key.
-- depends: 0009.index-lists
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create table if not exists idempotency_keys (
    author text not null,
    key text not null,
    fingerprint text not null,
    body text,
    row_version integer,
    short_name text,
    token text,
    asked_at timestamptz not null default now(),
    primary key (author, key)
);
comment on table idempotency_keys is
'Answers of writes that carried an Idempotency-Key, by author and key. fingerprint: of method, path and body. Not watched: it is not state.';
create index if not exists idempotency_keys_asked on idempotency_keys (asked_at);
