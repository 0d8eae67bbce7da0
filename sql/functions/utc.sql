create function utc(at timestamptz) returns text
language sql immutable as $$
    select to_char(utc.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;
comment on function utc is 'A time as sentences have it.';
