create function numbered(prefix text, number bigint, digits integer) returns text
language sql immutable as $$
    select prefix || lpad(number::text, greatest(digits, length(number::text)), '0')
$$;
comment on function numbered is 'The prefix and a number of at least so many digits.';
