-- Twenty events a customer in the order of time, over almost two years; addresses of the older half are truncated, as retention leaves them.
INSERT INTO audit_auditevent (id, kind, at, ip, detail, actor_id, user_id)
SELECT n, kind, at,
    CASE WHEN kind IN ('purchase.recorded', 'entitlement.granted', 'unlock_code.issued') THEN NULL
        WHEN at < now() - interval '364 days' THEN audit_truncated(pg_temp.address(owner)) ELSE pg_temp.address(owner) END,
    CASE kind
        WHEN 'login.succeeded' THEN jsonb_build_object('area', 'resources', 'login_session', n, 'device', 'Firefox on Windows', 'known', true)
        WHEN 'login.failed' THEN '{"area": "resources"}'
        WHEN 'download.taken' THEN jsonb_build_object('file', 'release-1-1.zip', 'product', 'SCALE-1', 'download', n / 4)
        WHEN 'purchase.recorded' THEN jsonb_build_object('partner', 'stripe', 'order', 'ORDER-' || owner, 'purchase', owner)
        WHEN 'record.opened' THEN '{"role": "support", "reason": "case 4711"}'
        ELSE '{}' END,
    CASE kind WHEN 'record.opened' THEN :customers + 3 END, CASE WHEN kind = 'login.failed' AND n % 3 = 0 THEN NULL ELSE owner END
FROM generate_series(1, :customers * 20) AS n,
LATERAL (SELECT n % greatest(:customers * 20 / 12000, 3) = 0 AS heavy) AS x,
LATERAL (SELECT pg_temp.spread(n, :customers * 20, 715) AS at, CASE WHEN heavy THEN :customers + 1 ELSE 1 + n * 7919 % :customers END AS owner,
    CASE WHEN heavy THEN CASE WHEN n % 6 = 0 THEN 'login.succeeded' ELSE 'download.taken' END WHEN n % 997 = 0 THEN 'record.opened'
        ELSE (ARRAY['login.succeeded', 'download.taken', 'login.ended', 'login.succeeded', 'download.taken', 'purchase.recorded', 'login.succeeded',
            'login.failed', 'download.taken', 'entitlement.granted', 'login.succeeded', 'download.taken', 'unlock_code.issued', 'login.succeeded',
            'login.ended', 'download.taken', 'login.succeeded', 'password.changed', 'login.succeeded', 'login.ended'])
            [1 + (n / :customers + n) % 20] END AS kind) AS y;

-- Seals as `audit.sealing` cuts them: a thousand events each, all of one month. Their digests stand for nothing, so `audit_verify` says so.
INSERT INTO audit_seal (number, first_id, last_id, count, first_at, last_at, sealed_at, digest, address_digest, hash, salt, address_salt, truncated_at)
SELECT row_number() OVER (ORDER BY min(id)), min(id), max(id), count(*), min(at), max(at), max(at) + interval '1 minute',
    md5('digest' || min(id)) || md5('a' || min(id)), md5('address' || min(id)) || md5('b' || min(id)), md5('hash' || min(id)) || md5('c' || min(id)),
    repeat('0', 64), CASE WHEN min(at) < now() - interval '364 days' THEN '' ELSE repeat('1', 64) END,
    CASE WHEN max(at) < now() - interval '364 days' THEN now() END
FROM (
    SELECT id, at, month, (row_number() OVER (PARTITION BY month ORDER BY id) - 1) / 1000 AS batch
    FROM audit_auditevent, LATERAL (SELECT date_trunc('month', at AT TIME ZONE 'UTC') AS month) AS x
) AS batches
GROUP BY month, batch;

INSERT INTO accounts_detectioncursor (name, last_event_id, detected_at) SELECT 'misuse', max(id), now() FROM audit_auditevent;
