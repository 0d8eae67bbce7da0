-- Quiet since its last use or, unused, since it was registered: before that nobody counted.
create view legacy_rows as
with seen as (
    select
        i.*, u.total, u.last_used_at, u.last_caller, q.quiet_at,
        q.quiet_at <= now() and coalesce(i.sunset_at <= now(), true) as may_retire
    from legacy_interfaces as i
    cross join lateral (
        select
            coalesce(sum(g.uses), 0)::bigint as total, max(g.last_used_at) as last_used_at,
            (array_agg(g.caller order by g.last_used_at desc))[1] as last_caller
        from legacy_usage as g where g.interface = i.id
    ) as u
    cross join lateral (
        select greatest(i.created_at, u.last_used_at) + make_interval(days => i.retire_after_days) as quiet_at
    ) as q
)
select
    s.id, s.kind, s.name, s.successor, s.sunset_at, s.retire_after_days, s.total, s.last_used_at,
    s.may_retire,
    case when s.last_used_at is null then format('no use since it was registered on %s', s.created_at::date)
        else format('last used on %s by %s', s.last_used_at::date, s.last_caller) end
    || case when s.quiet_at > now() then format('; without a use it is quiet long enough on %s', s.quiet_at::date)
        else format(', over %s days ago', s.retire_after_days) end
    || case when s.sunset_at is null then '; it has no sunset'
        else format('; its sunset %s %s', case when s.sunset_at > now() then 'is' else 'was' end, s.sunset_at::date) end
    || case when s.may_retire then ': it may be removed' else ': it stays' end as why,
    (
        select coalesce(json_agg(
            json_build_object('used_on', g.used_on, 'caller', g.caller, 'uses', g.uses) order by g.used_on desc, g.caller asc
        ), '[]')
        from legacy_usage as g where g.interface = s.id and g.used_on > (now() at time zone 'UTC')::date - 90
    ) as uses,
    s.version, s.created_at, s.updated_at
from seen as s;
comment on view legacy_rows is
'Legacy interfaces as reviewed: uses by day and caller (90 days), the last one, and whether they may be retired, in a sentence.';
