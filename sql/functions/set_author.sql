-- Who the events of this transaction are by. First in a statement's from clause, so that it runs before the write.
create function set_author(author text, kind text default 'agent') returns text
language sql volatile as $$
    select set_config('statehub.author_kind', set_author.kind, true) || set_config('statehub.author', set_author.author, true)
$$;
comment on function set_author is 'Sets author and author_kind for this transaction.';
