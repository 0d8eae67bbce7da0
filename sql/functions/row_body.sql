-- One row as served. A branch a kind and no dynamic SQL, so that the session keeps the plans.
create function row_body(kind text, key text) returns table (body text, version integer, short_name text)
language plpgsql stable set search_path = statehub, pg_temp as $$
begin
    case kind
        when 'domains' then
            return query select row_to_json(v)::text, v.version, v.slug from domain_rows as v where v.slug = row_body.key;
        when 'topics' then
            return query select row_to_json(v)::text, v.version, v.slug from topic_rows as v where v.id = row_body.key::uuid;
        when 'repos' then
            return query select row_to_json(v)::text, v.version, v.slug from repo_rows as v where v.id = row_body.key::uuid;
        when 'workplans' then
            return query select row_to_json(v)::text, v.version, v.code from workplan_rows as v where v.id = row_body.key::uuid;
        when 'workstreams' then
            return query select row_to_json(v)::text, v.version, v.code from workstream_rows as v where v.id = row_body.key::uuid;
        when 'tasks' then
            return query select row_to_json(v)::text, v.version, v.code from task_rows as v where v.id = row_body.key::uuid;
        when 'decisions' then
            return query select row_to_json(v)::text, v.version, v.code from decision_rows as v where v.id = row_body.key::uuid;
        when 'progress' then
            return query
            select row_to_json(v)::text, null::integer, v.id::text from event_rows as v where v.id = row_body.key::bigint;
    end case;
end
$$;
comment on function row_body is 'A row of this kind as JSON text, its version (none for an event) and short name; by its key.';
