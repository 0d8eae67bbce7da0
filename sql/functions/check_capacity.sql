-- An agent's claims are counted one at a time, until commit; no limit, no lock. At repeatable read the count would be older
-- than the lock.
create function check_capacity(agent text, claim_limit integer) returns void
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    held text[];
begin
    if claim_limit is null then return; end if;
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        raise exception 'A limit of claims needs read committed' using errcode = 'SH409';
    end if;
    perform pg_advisory_xact_lock(hashtext('statehub.claims'), hashtext(lower(agent)));
    held := array(
        select t.code from task_claims as c inner join tasks as t on c.task = t.id
        where lower(c.claimed_by) = lower(check_capacity.agent) and c.claimed_by is not null
            and c.lease_expires_at > clock_timestamp()
        order by t.code
    );
    if cardinality(held) >= claim_limit then
        raise exception '% holds % already, and may hold %; finish or release one first',
            agent, array_to_string(held[1:20], ', ') || case when cardinality(held) > 20 then ' and more' else '' end, claim_limit
            using errcode = 'SH409';
    end if;
end
$$;
comment on function check_capacity is 'SH409, naming what it holds, when an agent has as many unexpired claims as it may have.';
