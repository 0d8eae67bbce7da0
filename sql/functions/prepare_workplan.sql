-- A workplan without a code gets <REPO>-WP-NNNN; a number taken by hand is passed over.
create function prepare_workplan() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
declare
    slug text;
begin
    if new.code is null then
        slug := upper((select r.slug from managed_repos as r where r.id = new.repo));
        if slug is null then
            raise foreign_key_violation using message = 'no such repo', constraint = 'workplans_repo_known', table = 'workplans';
        end if;
        loop
            new.code := numbered(slug || '-WP-', next_number(new.repo), 4);
            exit when not exists (select from workplans as w where lower(w.code) = lower(new.code));
        end loop;
    end if;
    return new;
end
$$;
comment on function prepare_workplan is 'Before insert: the code.';
