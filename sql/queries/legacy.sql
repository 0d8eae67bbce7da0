-- name: register_interface
select w.*
from set_author($1, $2) as a (author)
cross join lateral register_interface(case when a.author is not null then $3::jsonb end) as w;

-- name: record_use
select w.*
from set_author($1, $2) as a (author)
cross join lateral record_use(case when a.author is not null then $3::jsonb end, $4) as w;

-- name: count_use
select u.name, u.successor, u.sunset_at from count_use($1::legacy_kind, $2, $3) as u;

-- name: review_legacy
select json_build_object('items', coalesce(json_agg(l order by l.kind, l.name), '[]'))::text from legacy_rows as l;
