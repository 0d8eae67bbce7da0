alter table topics drop constraint if exists topics_slug_no_id;
alter table managed_repos
drop constraint if exists repos_slug_no_id,
drop constraint if exists repos_capability_tags_flat,
drop constraint if exists repos_business_stake_flat,
drop constraint if exists repos_last_synced_at_range;
alter table workplans drop constraint if exists workplans_labels_flat;
alter table tasks
drop constraint if exists tasks_labels_flat,
drop constraint if exists tasks_assignee_given,
drop constraint if exists tasks_code_free;
alter table decisions
drop constraint if exists decisions_labels_flat,
drop constraint if exists decisions_superseded_by_not_itself,
drop constraint if exists decisions_superseded_by_fits_status;
alter table code_files drop column if exists triggers;
