-- The writes take their kind by way of set_author, so that no plan can run it after the write.

-- name: create_row
select w.*
from set_author($1, $2) as a (author)
cross join lateral create_row(case when a.author is not null then $3 end, $4::jsonb) as w;

-- name: create_rows
select w.*
from set_author($1, $2) as a (author)
cross join lateral create_rows(case when a.author is not null then $3 end, $4::jsonb) as w;

-- name: update_row
select w.*
from set_author($1, $2) as a (author)
cross join lateral update_row(case when a.author is not null then $3 end, $4, $5::jsonb, $6, $7) as w;

-- name: resolve_decision
select w.*
from set_author($1, $2) as a (author)
cross join lateral resolve_decision(case when a.author is not null then $3 end, $4::jsonb, $5) as w;

-- name: add_dependency
select w.*
from set_author($1, $2) as a (author)
cross join lateral add_dependency(case when a.author is not null then $3 end, $4, $5) as w;

-- name: remove_dependency
select w.*
from set_author($1, $2) as a (author)
cross join lateral remove_dependency(case when a.author is not null then $3 end, $4, $5) as w;

-- name: classify_repo
select w.*
from set_author($1, $2) as a (author)
cross join lateral classify_repo(case when a.author is not null then $3 end, $4::jsonb, $5) as w;

-- name: get_row
select * from get_row($1, $2);

-- name: list_rows
select list_rows($1, $2::jsonb, $3, $4::text [], $5::jsonb, $6);

-- name: list_dependencies
select list_dependencies($1, $2);

-- name: import_plans
select w.*
from set_author($1, $2) as a (author)
cross join lateral import_plans(case when a.author is not null then $3::jsonb end, $1) as w;

-- name: import_hub
select w.*
from set_author($1, $2) as a (author)
cross join lateral import_hub(case when a.author is not null then $3::jsonb end) as w;

-- name: list_plans
select * from list_plans($1, $2);

-- name: sync_plans
select w.*
from set_author($1, $2) as a (author)
cross join lateral sync_plans(case when a.author is not null then $3 end, $4::jsonb) as w;

-- name: begin_once
select * from begin_once($1, $2, $3);

-- name: finish_once
select finish_once($1, $2, $3, $4, $5, $6, $7);
