-- One and a half entitlements a customer from purchases and one for ten from promotions; then ten of the account with 10,000 downloads.
INSERT INTO downloads_entitlement (id, units, units_refunded, units_withdrawn, units_revoked, seats_per_unit, downloads_per_unit, downloads_allowed,
    downloads_used, granted_at, granted_until, upgrades_until, user_id, product_id)
SELECT n, 1, 0, 0, 0, 1, 5, CASE WHEN heavy THEN 2000 ELSE 5 END, CASE WHEN heavy THEN 1000 ELSE 0 END,
    pg_temp.spread(n, :entitlements + 10, 720), NULL, NULL, CASE WHEN heavy THEN :customers + 1 ELSE 1 + (n - 1) % :customers END, 1 + n % 6
FROM generate_series(1, :entitlements + 10) AS n, LATERAL (SELECT n > :entitlements AS heavy) AS x;

-- Codes that pass their own check: the number that prefix and body write in base 32, step by step modulo 1021.
INSERT INTO downloads_unlockcode (unit, code, digest, licence_id, issued_at, revoked_for, entitlement_id)
SELECT 1, code, encode(sha256(convert_to(code, 'UTF8')), 'hex'), md5('licence' || id)::uuid, granted_at, '', id
FROM (
    SELECT id, granted_at, concat_ws('-', prefix, substr(body, 1, 5), substr(body, 6, 5), substr(body, 11, 5), substr(body, 16, 3) ||
        substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (tail / 32)::int + 1, 1) || substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (tail % 32)::int + 1, 1)) AS code
    FROM (
        SELECT id, granted_at, 'PR' || chr(64 + product_id::int) AS prefix, pg_temp.six(a) || pg_temp.six(b) || pg_temp.six(c) AS body,
            (((((22 * 32 + 24) * 32 + 9 + product_id) % 1021 * 1073741824 + a) % 1021 * 1073741824 + b) % 1021 * 1073741824 + c)
                % 1021 * 1024 % 1021 AS tail
        FROM (
            SELECT id, granted_at, product_id, hashint8extended(id, 1) & 1073741823 AS a, hashint8extended(id, 2) & 1073741823 AS b,
                hashint8extended(id, 3) & 1073741823 AS c
            FROM downloads_entitlement OFFSET 0
        ) AS bits OFFSET 0
    ) AS bodies OFFSET 0
) AS codes;

-- Five downloads a customer in the two years that they are kept, in order of time; the latest are open still.
INSERT INTO downloads_downloadsession (id, key, opened_at, valid_until, closed_at, bytes_sent, end_sent, requests_begun, requests_ended, completed_at,
    ip, browser, entitlement_id, file_id)
SELECT n, md5('download' || n)::uuid, at, at + interval '1 day', CASE WHEN at < now() - interval '1 day' THEN at + interval '1 day' END,
    30000000, true, 1, 1, at + interval '2 minutes', pg_temp.address(owned), pg_temp.browser(owned), owned, (1 + owned % 6 - 1) * 6 + 1 + n % 6
FROM generate_series(1, :customers * 5) AS n,
LATERAL (SELECT pg_temp.spread(n, :customers * 5, 700) AS at, 1 + (n - 1) % :entitlements AS owned) AS x;

INSERT INTO downloads_downloadsession (id, key, opened_at, valid_until, closed_at, bytes_sent, end_sent, requests_begun, requests_ended, completed_at,
    ip, browser, entitlement_id, file_id)
SELECT :customers * 5 + n, md5('heavy' || n)::uuid, at, at + interval '1 day', at + interval '1 day', 30000000, true, 1, 1, at + interval '2 minutes',
    pg_temp.address(n % 20), pg_temp.browser(n), owned, (1 + owned % 6 - 1) * 6 + 1 + n % 6
FROM generate_series(1, 10000) AS n,
LATERAL (SELECT pg_temp.spread(n, 10000, 600) - interval '2 days' AS at, :entitlements + 1 + n % 10 AS owned) AS x;

UPDATE downloads_entitlement SET downloads_used = used
FROM (SELECT entitlement_id, count(*) AS used FROM downloads_downloadsession WHERE entitlement_id <= :entitlements GROUP BY 1) AS taken
WHERE id = entitlement_id;

-- The ledger sums to the counters; its lines are in the order of time.
INSERT INTO downloads_allowanceentry (kind, change, actor, reason, at, entitlement_id, session_id)
SELECT 'granted', downloads_allowed, 'partner', '', granted_at, id, NULL FROM downloads_entitlement
UNION ALL SELECT 'spent', -1, 'customer', '', opened_at, entitlement_id, id FROM downloads_downloadsession ORDER BY 5, 6;
