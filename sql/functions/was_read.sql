create function was_read(doc jsonb, code text, otherwise boolean) returns boolean
language sql immutable set search_path = statehub, pg_temp as $$
    select case jsonb_typeof(was_read.doc -> 'depends_on_read')
        when 'array' then exists (
            select from jsonb_array_elements_text(was_read.doc -> 'depends_on_read') as r (code)
            where lower(r.code) = lower(was_read.code)
        )
        else was_read.otherwise
    end
$$;
comment on function was_read is 'Whether who sends this row of a batch knew that dependency; otherwise where it does not say.';
