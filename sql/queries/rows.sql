-- The writes take their kind by way of set_author, so that no plan can run it after the write.

-- name: create_row
select w.*
from set_author($1, $2) as a (author)
cross join lateral create_row(case when a.author is not null then $3 end, $4::jsonb) as w;

-- name: update_row
select w.*
from set_author($1, $2) as a (author)
cross join lateral update_row(case when a.author is not null then $3 end, $4, $5::jsonb, $6) as w;

-- name: get_row
select * from get_row($1, $2);

-- name: list_rows
select list_rows($1, $2::jsonb, $3::text [], $4::jsonb, $5);

-- name: list_columns
select kind, name, type, can_filter, vocabulary from served_columns order by kind, position;

-- name: import_plans
select * from import_plans($1::jsonb, $2);
