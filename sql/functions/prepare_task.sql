-- What a task takes from its workplan: repo always; code and due_at where left out. And the first guess of queued, which
-- settle() confirms: what it depends on may be changing in a transaction that is not visible here.
-- And what its status brings with it: settle() looks again at what may have become ready or not, or have made others so, and
-- done and cancel release a claim, whose row stays, since claim_seq only grows. Not by triggers with a WHEN of their own: its
-- text is parsed by every statement that updates a task, and the two of them took as long as a twentieth of a claim.
create function prepare_task() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
declare
    plan record;
    moved boolean := tg_op = 'INSERT' or new.workplan <> old.workplan;
begin
    if moved or new.repo is distinct from old.repo then
        -- waits for a workplan that is just moving to another repo; the foreign key would ask for this lock anyway
        select * into plan from workplans as w where w.id = new.workplan for key share;
        if not found then
            raise foreign_key_violation using message = 'no such workplan', constraint = 'tasks_workplan_known', table = 'tasks';
        end if;
        new.repo := plan.repo;
        if tg_op = 'INSERT' then
            new.due_at := coalesce(new.due_at, plan.due_at);
            if new.code is null then
                loop
                    new.code := numbered(plan.code || '-T', next_number(plan.id), 2);
                    exit when not exists (select from tasks as t where lower(t.code) = lower(new.code));
                end loop;
            end if;
        end if;
    end if;
    if new.status <> 'todo' then
        new.queued := false;
    elsif moved or old.status <> 'todo' then
        new.queued := workplan_is_open(new.workplan) and (tg_op = 'INSERT' or task_is_free(new.id));
    end if;
    if tg_op = 'UPDATE' and (moved or old.status <> new.status) then
        if moved or new.status in ('todo', 'done', 'cancel') or old.status in ('done', 'cancel') then
            insert into unsettled (task) values (new.id);
            if old.status <> new.status and new.status in ('done', 'cancel') then
                update task_claims set claimed_by = null, claimed_at = null, lease_expires_at = null
                where task = new.id and claimed_by is not null;
            end if;
        end if;
    end if;
    return new;
end
$$;
comment on function prepare_task is 'Before insert or update: repo, code, due_at, queued; what its status brings with it.';
