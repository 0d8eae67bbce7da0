-- The events that tell of changed rows: one a row, or with bulk one for all of them.
create function events_of(noun text, named text, created boolean, bulk boolean, facts jsonb [])
returns table (event_type text, summary text, detail jsonb, repo uuid, topic uuid, workplan uuid, task uuid, decision uuid)
language sql stable set search_path = statehub, pg_temp as $$
    select
        case
            when not created and f ->> 'was' = f ->> 'status' then 'changed'
            when noun = 'decision' then 'decision'
            when not created then 'status'
            when noun = 'repo' then 'registration'
            else 'created'
        end,
        left(format('%s %s', initcap(noun), f ->> named) || case
            when created then ' created: ' || coalesce(f ->> 'title', f ->> 'name')
            when f ->> 'was' <> f ->> 'status' then format(': %s → %s', f ->> 'was', f ->> 'status')
            else ' changed: ' || (select string_agg(c, ', ') from jsonb_array_elements_text(f -> 'columns') as c)
        end, 2000),
        jsonb_strip_nulls(jsonb_build_object(
            'kind', noun, 'name', f -> named, 'columns', f -> 'columns', 'unblocked', f -> 'unblocked',
            'status', case when created then jsonb_build_array(f -> 'status')
                when f ->> 'was' <> f ->> 'status' then jsonb_build_array(f -> 'was', f -> 'status') end
        )),
        case noun when 'repo' then (f ->> 'id')::uuid else (f ->> 'repo')::uuid end,
        case noun when 'topic' then (f ->> 'id')::uuid else (f ->> 'topic')::uuid end,
        case noun when 'workplan' then (f ->> 'id')::uuid else (f ->> 'workplan')::uuid end,
        case noun when 'task' then (f ->> 'id')::uuid end,
        case noun when 'decision' then (f ->> 'id')::uuid end
    from unnest(facts) as f where not bulk
    union all
    select
        case when created then 'created' else 'changed' end,
        format('%s %s%s %s', count(*), noun, case when count(*) = 1 then '' else 's' end,
            case when created then 'created' else 'changed' end),
        jsonb_build_object('kind', noun, 'count', count(*), 'names', jsonb_path_query_array(jsonb_agg(f -> named), '$[0 to 99]')),
        case
            when noun = 'repo' and count(*) = 1 then min(f ->> 'id')::uuid
            when count(distinct f ->> 'repo') = 1 then min(f ->> 'repo')::uuid
        end, null, null, null, null
    from unnest(facts) as f where bulk having count(*) > 0
$$;
comment on function events_of is 'Progress events for rows as JSON; a changed row carries columns and was (its old status).';
