-- What an event is about stays: the other half of the foreign keys that progress_events has not (prepare_event). Everything has
-- an event, of its own creation at the least, unless it was written with triggers off.
create function keep_known() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
declare
    is_known boolean := case tg_table_name
        when 'managed_repos' then exists (select from progress_events as e where e.repo = old.id)
        when 'workplans' then exists (select from progress_events as e where e.workplan = old.id)
        else exists (select from progress_events as e where e.task = old.id)
    end;
begin
    if is_known then
        raise foreign_key_violation using
            message = format('%s %s is in the log, and is not deleted; set its status to %s', tg_argv[0], old.id,
                case when tg_argv[0] = 'task' then 'cancel' else 'archived' end),
            constraint = format('progress_events_%s_known', tg_argv[0]), table = 'progress_events';
    end if;
    return old;
end
$$;
comment on function keep_known is 'Before a repository, workplan or task is deleted: not while an event is about it.';
