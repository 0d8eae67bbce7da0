-- A PUT that registers answers 201, one that changes 200; the same request again must get the first answer, its status too. Takes
-- effect with the next write that carries a key; rows from before have no word on it, and none of them was such a PUT.
-- depends: 0013.tighten-rules
set local lock_timeout = '2s';
set local statement_timeout = '60s';

alter table idempotency_keys add column if not exists created boolean;
comment on column idempotency_keys.created is 'Whether the write made a row; null where its kind of write always does, or never.';
