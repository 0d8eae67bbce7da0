-- The writes take their agent by way of set_author, so that no plan can run it after the write.

-- name: claim_task
select w.*
from set_author($1, $2) as a (author)
cross join lateral claim_task(
    agent => case when a.author is not null then $3 end, task => $4, repo => $5, workplan => $6, domain => $7,
    tags => $8::text [], max_priority => $9, lease => make_interval(secs => $10), claim_limit => $11
) as c
cross join lateral claimed(c.id, c.claim_seq, c.claimed_at, c.lease_expires_at) as w;

-- name: heartbeat_task
select json_build_object('task', h.code, 'claim_seq', $3::bigint, 'lease_expires_at', h.lease_expires_at)::text
from heartbeat_task($1, $2, $3::bigint, make_interval(secs => $4), $5) as h;

-- name: release_task
select w.*
from set_author($1, $2) as a (author)
cross join lateral release_task($4, case when a.author is not null then $3 end, $5, $6, $7) as r
cross join lateral written('tasks', r.id::text) as w;

-- name: complete_task
select
    json_build_object('task', w.body::json, 'unblocked', r.unblocked)::text as body, w.version, w.short_name, w.epoch, w.core,
    w.progress, w.snapshot, w.xid
from set_author($1, $2) as a (author)
cross join lateral complete_task($4, case when a.author is not null then $3 end, $5, $6) as r
cross join lateral written('tasks', r.id::text) as w;

-- name: why_task
select why_task(row_id('tasks', $1))::text;

-- name: list_ready
select list_ready($1, $2, $3, $4, $5::text [], $6, $7);

-- name: list_blocked
select list_blocked($1, $2, $3, $4);

-- name: list_claims
select list_claims($1, $2, $3);

-- name: get_next_chance
select * from next_chance($1, $2, $3, $4, $5::text [], $6);
