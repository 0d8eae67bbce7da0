create function finished_detail(task uuid, was task_status, status task_status) returns jsonb
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    unblocked text[];
begin
    if finished_detail.status in ('done', 'cancel') and finished_detail.was not in ('done', 'cancel') then
        unblocked := unblocked_by(finished_detail.task);
        if unblocked <> '{}' then return jsonb_build_object('unblocked', unblocked); end if;
    end if;
    return '{}';
end
$$;
comment on function finished_detail is 'For the event of a task that is finished: {"unblocked": [codes]}, or {}.';
