-- A text around the first matched word, as parts: by turns not matched and matched, the first not (it may be empty). Parts
-- are plain text: nothing in them can begin or end a mark, and who shows them needs no offsets. Control, format (bidi),
-- private and tag characters are gone, since the texts are anybody's. Null where nothing matches.
create function highlighted(plain text, query tsquery, language text) returns text []
language plpgsql immutable set search_path = statehub, pg_temp as $$
declare
    shown text := btrim(regexp_replace(
        left(plain, 20000),
        '[\u0001-\u0020\u007f-\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ue000-\uf8ff\ufeff\ufff9-\ufffb'
        || '\U000e0000-\U000e007f]+', ' ', 'g'
    ));
    -- the marks are set in a text whose signs are spaces; the parts are cut from the one that people wrote
    marked text := ts_headline(
        ('pg_catalog.' || language)::regconfig, translate(shown, search_signs(), repeat(' ', length(search_signs()))),
        query, E'HighlightAll=true, StartSel="\u0002", StopSel="\u0003"'
    );
    pieces text [] := string_to_array(translate(marked, E'\u0003', E'\u0002'), E'\u0002');
    start_at integer := greatest(1, length(pieces[1]) - 60);
    stop_at integer := start_at + 240;
    at integer := 1;
    parts text [] := '{}';
begin
    if pieces is null or cardinality(pieces) < 3 or length(array_to_string(pieces, '')) <> length(shown) then return null; end if;
    for n in 1 .. cardinality(pieces) loop
        exit when at >= stop_at and n % 2 = 0;
        parts := parts || substr(
            shown, greatest(at, start_at), greatest(0, least(at + length(pieces[n]), stop_at) - greatest(at, start_at))
        );
        at := at + length(pieces[n]);
    end loop;
    if start_at > 1 then parts[1] := '…' || parts[1]; end if;
    if stop_at <= length(shown) and cardinality(parts) % 2 = 0 then parts := parts || '…'::text;
    elsif stop_at <= length(shown) then parts[cardinality(parts)] := parts[cardinality(parts)] || '…';
    end if;
    return parts;
end
$$;
comment on function highlighted is 'Where a text matches, as parts: not matched, matched, not matched, …; null where it does not.';
