create function event_author(out author text, out kind author_kind)
language sql stable set search_path = statehub, pg_temp as $$
    select
        coalesce(nullif(current_setting('statehub.author', true), ''), session_user),
        coalesce(nullif(current_setting('statehub.author_kind', true), ''), 'human')::author_kind
$$;
comment on function event_author is 'Who the events of this transaction are by: the setting statehub.author, else the database user.';
