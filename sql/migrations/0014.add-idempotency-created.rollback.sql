alter table idempotency_keys drop column if exists created;
