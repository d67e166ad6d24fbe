-- What the other files have in common; gone with the connection. :customers is a number, and all of these are free of chance.

-- A moment between so many days ago and now: the n-th of `total`, in order.
CREATE FUNCTION pg_temp.spread(n bigint, total bigint, days double precision) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT now() - make_interval(secs => days * 86400 * (1 - n::double precision / (total + 1)))
$$;

-- A number from 0 to `most` - 1 that looks like chance, and is the same in every database.
CREATE FUNCTION pg_temp.picked(n bigint, seed bigint, most bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashint8extended(n, seed) & 9223372036854775807) % most
$$;

-- An address of the net; one in seven is of IPv6.
CREATE FUNCTION pg_temp.address(n bigint) RETURNS inet LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN n % 7 = 0 THEN ('2001:db8:' || to_hex(n % 65521) || '::' || to_hex(n % 9973 + 1))::inet
           ELSE (11 + n % 89 || '.' || n % 251 || '.' || n % 241 || '.' || 1 + n % 253)::inet END
$$;

CREATE FUNCTION pg_temp.browser(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY[
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0',
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
        'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0'])[1 + n % 4]
$$;

-- Thirty bits as six symbols of Crockford's base 32 (downloads/unlock_code_format.py).
CREATE FUNCTION pg_temp.six(bits bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((bits >> place) & 31)::int + 1, 1), '' ORDER BY place DESC)
    FROM unnest(ARRAY[0, 5, 10, 15, 20, 25]) AS place
$$;
