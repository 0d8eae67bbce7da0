create function search_signs() returns text
language sql immutable set search_path = statehub, pg_temp as $$
    select '-_./\:@<>&+~=#|'
$$;
comment on function search_signs is 'Signs that stand between words of one thing: each is a space to search.';
