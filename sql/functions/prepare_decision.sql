-- Code, resolution, escalation. A pending decision that speaks of money or law is escalated, with a note that names the
-- words; one that was made is not made again: a new one supersedes it. Who names its successor supersedes it.
create function prepare_decision() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
declare
    note text;
begin
    if tg_op = 'INSERT' and new.code is null then
        loop
            new.code := numbered('DEC-', nextval('decision_number'), 4);
            exit when not exists (select from decisions as d where lower(d.code) = lower(new.code));
        end loop;
    elsif tg_op = 'UPDATE' and old.decision_type = 'made'
        and (new.decision_type, new.rationale, new.decided_by, new.decided_at)
        is distinct from (old.decision_type, old.rationale, old.decided_by, old.decided_at)
    then
        raise exception '% was decided by % already; record a new decision and name it in superseded_by',
            old.code, old.decided_by using errcode = 'SH409';
    end if;
    if new.superseded_by is not null and (
        tg_op = 'INSERT' and new.status = 'open' or tg_op = 'UPDATE' and new.status = old.status
    ) then
        new.status := 'superseded';
    end if;
    if new.decision_type = 'made' then
        new.decided_at := coalesce(new.decided_at, now());
        if new.status in ('open', 'escalated') then new.status := 'resolved'; end if;
    elsif tg_op = 'INSERT' or new.status = 'open' or (new.title, new.context) is distinct from (old.title, old.context) then
        note := escalation_note(new.title || E'\n' || new.context);
        if note is not null then
            new.escalation_note := note;
            if new.status = 'open' then new.status := 'escalated'; end if;
        elsif new.status = 'open' then
            new.escalation_note := null;
        end if;
    end if;
    return new;
end
$$;
comment on function prepare_decision is 'Before insert or update: code, resolution, escalation.';
