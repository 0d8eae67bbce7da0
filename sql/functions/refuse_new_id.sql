-- An id is for ever: events, tokens and links keep it, and a row that changed its own would leave no event.
create function refuse_new_id() returns trigger
language plpgsql as $$
begin
    raise exception 'the id of a row stays as it is' using errcode = 'SH409', column = 'id';
end
$$;
comment on function refuse_new_id is 'Before an update that changes an id: refuses it.';
