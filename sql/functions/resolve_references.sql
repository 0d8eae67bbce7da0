-- References in a document, from short names to ids. An unknown one is SH422, naming its field.
create function resolve_references(doc jsonb) returns jsonb
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    field text;
    kind text;
begin
    for field, kind in values
        ('repo', 'repos'), ('topic', 'topics'), ('workplan', 'workplans'), ('task', 'tasks'), ('parent', 'tasks'),
        ('decision', 'decisions'), ('superseded_by', 'decisions')
    loop
        if doc ->> field is not null then
            begin
                doc := doc || jsonb_build_object(field, row_id(kind, doc ->> field));
            exception when sqlstate 'SH404' then
                raise exception '%', sqlerrm using errcode = 'SH422', column = field;
            end;
        end if;
    end loop;
    if doc ->> 'domain' is not null then
        doc := doc || jsonb_build_object('domain', lower(doc ->> 'domain'));
    end if;
    return doc;
end
$$;
comment on function resolve_references is 'The document with ids for short names.';
