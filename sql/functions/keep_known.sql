-- What an event is about stays: the other half of the foreign keys that progress_events has not (prepare_event). Everything has
-- an event, of its own creation at the least, unless it was written with triggers off. A foreign key would look with a snapshot
-- of its own; at repeatable read a trigger would miss an event that was just committed.
create function keep_known() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
declare
    is_known boolean := case
        when tg_op = 'TRUNCATE' then exists (select from progress_events)
        when tg_table_name = 'managed_repos' then exists (select from progress_events as e where e.repo = old.id)
        when tg_table_name = 'workplans' then exists (select from progress_events as e where e.workplan = old.id)
        else exists (select from progress_events as e where e.task = old.id)
    end;
begin
    if is_known then
        raise foreign_key_violation using
            message = format('%s is in the log, and is not deleted; set its status to %s',
                case when tg_op = 'TRUNCATE' then 'what is in ' || tg_table_name else concat_ws(' ', tg_argv[0], old.id) end,
                case when tg_argv[0] = 'task' then 'cancel' else 'archived' end),
            constraint = format('progress_events_%s_known', tg_argv[0]), table = 'progress_events';
    elsif current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        raise exception 'To delete a % needs read committed', tg_argv[0] using errcode = 'SH409';
    end if;
    return old;
end
$$;
comment on function keep_known is 'Before a repository, workplan or task is deleted or truncated: not while an event is about it.';
