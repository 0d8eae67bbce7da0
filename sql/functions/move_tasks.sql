-- A workplan that moves to another repository takes its tasks along.
create function move_tasks() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
begin
    update tasks set repo = new.repo where workplan = new.id and repo <> new.repo;
    return null;
end
$$;
comment on function move_tasks is 'After update of a workplan''s repo: its tasks follow.';
