-- Each update of a row: version up by one, updated_at now, whoever wrote it and whatever they set.
create function touch_row() returns trigger
language plpgsql as $$
begin
    new.version := old.version + 1;
    new.updated_at := clock_timestamp();
    new.created_at := old.created_at;
    return new;
end
$$;
comment on function touch_row is 'Before update: version and updated_at.';
