-- Starts a new epoch: with force, or when server, database or timeline are not those of the last one. Run by migrate and
-- restore. Stored transaction ids mean nothing to the new server, so the epoch keeps its first event.
create function start_epoch(force boolean default false) returns text
language plpgsql security definer set search_path = statehub, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtext('statehub.epoch')); -- two hubs that notice at once start one epoch
    insert into epochs (identity, first_event_id)
    select epoch_identity(), coalesce((select max(p.id) from progress_events as p), 0) + 1
    where force or epoch_identity() is distinct from
        (select e.identity from epochs as e order by e.number desc limit 1);
    return epoch();
end
$$;
comment on function start_epoch is 'Starts a new epoch where one is due; returns the current one.';
