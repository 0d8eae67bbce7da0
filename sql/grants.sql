-- Who may do what. statehub_api deletes nothing, changes no event, writes no ledger and no counter; columns that the database
-- itself keeps are not granted. statehub_ro reads.
revoke all on all tables in schema statehub from public, statehub_api, statehub_ro;
revoke all on all functions in schema statehub from public, statehub_api, statehub_ro;
grant usage on schema statehub to statehub_api, statehub_ro;
grant select on all tables in schema statehub to statehub_api, statehub_ro;

grant insert (slug, title, description, domain, status), update (slug, title, description, domain, status)
on topics to statehub_api;
grant insert (
    slug, name, path, remote_url, category, domain, capability_tags, business_stake, classification, classification_version,
    status, last_synced_at
), update (
    slug, name, path, remote_url, category, domain, capability_tags, business_stake, classification, classification_version,
    status, last_synced_at
) on managed_repos to statehub_api;
grant insert (
    code, repo, topic, title, description, owner, status, priority, due_at, labels, detail, source_path, sync_base
), update (
    code, repo, topic, title, description, owner, status, priority, due_at, labels, detail, source_path, sync_base
) on workplans to statehub_api;
grant insert (
    code, workplan, parent, title, description, status, priority, assignee, waiting_on, due_at, position, labels, detail
), update (
    code, workplan, parent, title, description, status, priority, assignee, waiting_on, due_at, position, labels, detail
) on tasks to statehub_api;
grant insert (
    code, topic, workplan, title, context, options, decision_type, status, rationale, decided_by, decided_at, due_at,
    superseded_by, labels, detail
), update (
    code, topic, workplan, title, context, options, decision_type, status, rationale, decided_by, decided_at, due_at,
    superseded_by, labels, detail
) on decisions to statehub_api;
grant insert (workplan, depends_on) on workplan_dependencies to statehub_api;
grant insert (task, depends_on) on task_dependencies to statehub_api;
grant insert (
    event_type, summary, detail, author, author_kind, repo, topic, workplan, task, decision, occurred_at
) on progress_events to statehub_api;
grant insert (task, claim_seq, claimed_by, claimed_at, lease, lease_expires_at), update (
    claim_seq, claimed_by, claimed_at, lease, lease_expires_at
) on task_claims to statehub_api;
grant insert (author, key, fingerprint), update (fingerprint, body, row_version, short_name, token, created, asked_at)
on idempotency_keys to statehub_api;
grant insert (kind, name, successor, sunset_at, retire_after_days), update (successor, sunset_at, retire_after_days)
on legacy_interfaces to statehub_api;
grant insert (interface, used_on, caller, uses, last_used_at), update (uses, last_used_at)
on legacy_usage to statehub_api;

-- every function that only reads, or that guards itself, is everybody's; these change what nobody may change by hand
grant execute on all functions in schema statehub to statehub_api, statehub_ro;
revoke execute on function
fold(), settle(), renew_epoch(), rebuild_totals(), start_epoch(boolean), next_number(uuid), arm_triggers(),
watch(text, text, text, text), remove_task_dependency(text, text), remove_workplan_dependency(text, text), forget_keys(),
offer_finished(uuid []), import_hub(jsonb), load_export(jsonb), load_exported_log(jsonb), arm_for_import(boolean)
from statehub_api, statehub_ro;
grant execute on function
fold(), settle(), renew_epoch(), remove_task_dependency(text, text), remove_workplan_dependency(text, text), forget_keys(),
import_hub(jsonb)
to statehub_api;

-- a trigger function fires without the right to execute it; who has it could hang it on a temporary table of their own, and
-- write the ledger through it
do $$
declare
    trigger_functions text := (
        select string_agg(p.oid::regprocedure::text, ', ') from pg_proc as p
        where p.pronamespace = 'statehub'::regnamespace and p.prorettype = 'trigger'::regtype
    );
begin
    execute format('revoke execute on function %s from public, statehub_api, statehub_ro', trigger_functions);
end
$$;
