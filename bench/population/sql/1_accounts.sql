-- Accounts 1 … :customers; behind them one with 10,000 downloads, an administrator and one of support.
INSERT INTO accounts_user (id, password, is_superuser, name, company, address1, address2, city, region, postal_code, country, telephone, fax,
    email, email_key, is_staff, opened_at, version, greeting, greets, language, opted_out_at, time_zone, policy_version)
SELECT n, ':password', false,
    (ARRAY['Anna','Ben','Carla','David','Emma','Felix','Greta','Hugo','Ida','Jonas','Klara','Leo','Mia','Noah','Olga','Paul'])[1 + n % 16] || ' ' ||
    (ARRAY['Adler','Brown','Costa','Dubois','Evans','Fischer','Garcia','Hansen','Ivanov','Jensen','Keller','Lopez','Moreau'])[1 + n % 13] || ' ' || n,
    CASE WHEN n % 5 = 0 THEN 'Company ' || n ELSE '' END, n % 200 + 1 || ' Harbour Road', '',
    (ARRAY['Galway','Berlin','Lyon','Porto','Oslo','Turin','Gdańsk'])[1 + n % 7], '', lpad((n % 99991)::text, 5, '0'),
    (ARRAY['IE','DE','FR','PT','NO','IT','PL'])[1 + n % 7], CASE WHEN n % 3 = 0 THEN '+353 91 ' || n ELSE '' END, '',
    who, who, n > :customers + 1, pg_temp.spread(n, :customers + 3, 1400), 1, '', true, '',
    CASE WHEN n % 20 = 0 THEN pg_temp.spread(n, :customers + 3, 300) END, '', ''
FROM generate_series(1, :customers + 3) AS n,
LATERAL (SELECT CASE n - :customers WHEN 1 THEN 'heavy' WHEN 2 THEN 'administration' WHEN 3 THEN 'support' ELSE 'customer' || n END
    || '@example.com' AS who) AS named;

INSERT INTO accounts_marketingchoice (opted_out, origin, made_at, user_id)
SELECT true, 'preferences', opted_out_at, id FROM accounts_user WHERE opted_out_at IS NOT NULL ORDER BY id;

INSERT INTO accounts_suppression (digest, reason, detail, since)
SELECT encode(sha256(convert_to('announcements:' || email_key, 'UTF8')), 'hex'), reason, '', now() - interval '200 days'
FROM accounts_user, LATERAL (SELECT CASE WHEN id % 20 = 0 THEN 'refused' WHEN id % 100 = 7 THEN 'bounced' END AS reason) AS why
WHERE reason IS NOT NULL ORDER BY id;

-- Two log-ins each in the year that they are kept; of the last hour some are open. The account with many downloads has 700.
INSERT INTO accounts_loginsession (area, token_hash, binding_hash, credentials_hash, otp_device, ip, browser, started_at, last_seen_at, confirmed_at,
    ended_at, end_reason, user_id)
SELECT 'resources', md5('token' || n) || md5('hash' || n), md5('bind' || n) || md5('ing' || n), repeat('0', 64), '', pg_temp.address(n),
    pg_temp.browser(n), at, at + interval '9 minutes', at, CASE WHEN n % 3 = 0 AND at < now() - interval '1 hour' THEN at + interval '10 minutes' END,
    CASE WHEN n % 3 = 0 AND at < now() - interval '1 hour' THEN 'logged_out' ELSE '' END, owner
FROM generate_series(1, :customers * 2 + 700) AS n,
LATERAL (SELECT pg_temp.spread(n, :customers * 2 + 700, 350) AS at,
    CASE WHEN n % greatest(:customers * 2 / 700, 3) = 0 THEN :customers + 1 ELSE 1 + n * 7919 % :customers END AS owner) AS x;

INSERT INTO accounts_misusefinding (detector, network, matter, matter_name, score, explanation, evidence, first_at, last_at, found_at, state,
    decided_at, decision, decided_by_id, user_id)
SELECT (ARRAY['networks','downloads','travel'])[1 + n % 3], '', '', '', 20 + n % 60, 'Logged in from many networks.', '{}', at, at, at,
    CASE WHEN n % 10 = 0 THEN 'open' ELSE 'dismissed' END, CASE WHEN n % 10 > 0 THEN at + interval '1 day' END,
    CASE WHEN n % 10 > 0 THEN 'A family with several homes.' ELSE '' END, CASE WHEN n % 10 > 0 THEN :customers + 2 END, n * 200
FROM generate_series(1, :customers / 200) AS n, LATERAL (SELECT pg_temp.spread(n, :customers / 200, 600) AS at) AS x;

INSERT INTO accounts_hold (reason, text, evidence, placed_at, expires_at, ended_at, "end", end_reason, placed_by_id, ended_by_id, user_id)
SELECT 'shared', 'Please write to us.', '[]', at, CASE WHEN n % 5 = 0 THEN now() + interval '20 days' END,
    CASE WHEN n % 5 > 0 THEN at + interval '2 days' END, CASE WHEN n % 5 > 0 THEN 'lifted' ELSE '' END, '', :customers + 2,
    CASE WHEN n % 5 > 0 THEN :customers + 2 END, n * 400 + 3
FROM generate_series(1, :customers / 400 - 1) AS n, LATERAL (SELECT pg_temp.spread(n, :customers / 400, 600) AS at) AS x;

INSERT INTO accounts_addresschange (old_email, new_email, old_token_hash, new_token_hash, undo_token_hash, asked_at, cancelled_at, user_id)
SELECT 'customer' || n || '@example.com', 'new' || n || '@example.com', md5('old' || n), md5('new' || n), md5('undo' || n),
    at, at + interval '1 hour', n
FROM generate_series(100, :customers, 200) AS n, LATERAL (SELECT pg_temp.spread(n, :customers, 80) AS at) AS x;

INSERT INTO accounts_recordopening (reason, opened_at, open_until, customer_id, staff_id)
SELECT 'case ' || n, at, at + interval '1 hour', n * 50, :customers + 3
FROM generate_series(1, :customers / 50) AS n, LATERAL (SELECT pg_temp.spread(n, :customers / 50 + 1, 0.9) - interval '1 hour' AS at) AS x;

INSERT INTO accounts_throttle (key, free_at)
SELECT md5('throttle' || n), extract(epoch FROM now()) - 60 * (n % 1200) FROM generate_series(1, :customers / 20) AS n;

-- Visitors' sessions go two days after their last use (django_session is purged by its own end).
INSERT INTO django_session (session_key, session_data, expire_date)
SELECT md5('session' || n), repeat('x', 120), now() + make_interval(secs => 86400 * 2 * n::double precision / (:customers / 10))
FROM generate_series(1, :customers / 10) AS n;
