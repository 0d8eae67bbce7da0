-- The three roles and the schema. Runs before the migrations, each time, as the login user.
-- statehub_owner owns every object; statehub_api is what the app's connections become; statehub_ro only reads.
-- Roles belong to the whole server: two databases may create them at once, so "exists already" is no error.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['statehub_owner', 'statehub_api', 'statehub_ro'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            begin
                execute format('create role %I nologin', wanted);
            exception when duplicate_object or unique_violation then null;
            end;
        end if;
        if not pg_has_role(session_user, wanted, 'SET') then
            execute format('grant %I to %I with inherit true, set true', wanted, session_user);
        end if;
    end loop;
end
$$;

do $$
begin
    if to_regnamespace('statehub') is null then
        create schema statehub authorization statehub_owner;
    end if;
    -- so that a plain psql finds the tables; only the database's owner may say it
    if pg_has_role(session_user, (select datdba from pg_database where datname = current_database()), 'USAGE')
        and not exists (
            select from pg_db_role_setting as s, unnest(s.setconfig) as c
            where s.setdatabase = (select oid from pg_database where datname = current_database())
                and s.setrole = 0 and c like 'search_path=%'
        )
    then
        execute format('alter database %I set search_path = statehub, public', current_database());
    end if;
end
$$;
