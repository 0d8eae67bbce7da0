-- The answer to a pending decision. Nobody answers one twice: not with other words, and not with the same ones.
create function resolve_decision(named text, doc jsonb, expected integer default null)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    target uuid := row_id('decisions', named);
    d decisions;
begin
    select * into d from decisions where decisions.id = target for no key update;
    if d.decision_type = 'made' then
        raise exception '% was decided by % already; record a new decision and name it in superseded_by', d.code, d.decided_by
            using errcode = 'SH409';
    elsif d.status = 'superseded' then
        raise exception '% is superseded%; answer the one that took its place', d.code,
            coalesce(' by ' || (select s.code from decisions as s where s.id = d.superseded_by), '') using errcode = 'SH409';
    end if;
    return query select * from update_row('decisions', target::text, doc || '{"decision_type": "made"}', expected);
end
$$;
comment on function resolve_decision is 'Answers a pending decision (rationale, decided_by); as written() does. SH409 when it was answered.';
