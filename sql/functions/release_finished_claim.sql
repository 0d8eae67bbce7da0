-- done and cancel release a claim. The row stays: claim_seq only grows.
create function release_finished_claim() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
begin
    update task_claims set claimed_by = null, claimed_at = null, lease_expires_at = null
    where task = new.id and claimed_by is not null;
    return null;
end
$$;
comment on function release_finished_claim is 'After a task is done or cancelled: nobody holds it.';
