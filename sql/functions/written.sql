-- What a write answers: the row as served, its version and short name, and all that a revision token is made of. A new
-- statement in a volatile function, so that it sees what the write's triggers did.
create function written(kind text, id text)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    k kinds;
begin
    select * into k from kinds where kinds.kind = written.kind;
    return query execute format(
        'select row_to_json(v)::text, %s, v.%I::text, r.epoch, r.core, r.progress, r.snapshot, pg_current_xact_id_if_assigned()
         from %I as v, revisions() as r where v.id = $1::%s',
        case when k.kind = 'progress' then 'null::integer' else 'v.version' end, k.name_column, k.row_view,
        case when k.kind = 'progress' then 'bigint' else 'uuid' end
    ) using id;
end
$$;
comment on function written is 'The written row as JSON text, and the parts of its revision token.';
