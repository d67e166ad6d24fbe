-- Three announcements in the year that deliveries are kept, to every customer and to every fifth as many who joined here.
INSERT INTO announcements_announcement (id, subject, preheader, body, topic, language, is_public, slug, state, state_before_pause, pause_reason,
    version, frozen_subject, frozen_text, frozen_html, last_user, last_subscription, began_at, ended_at, total, sent, failed, skipped, unknown, bounced,
    complained, "left", written_by_id)
SELECT n, 'Product ' || n || '.0 is out', '', 'It is quicker.', 'releases', 'en', true, 'out-' || n, CASE WHEN n < 4 THEN 'sent' ELSE 'draft' END, '', '', 1,
    CASE WHEN n < 4 THEN 'Product ' || n || '.0 is out' ELSE '' END, CASE WHEN n < 4 THEN 'It is quicker.' ELSE '' END,
    CASE WHEN n < 4 THEN '<p>It is quicker.</p>' ELSE '' END, 0, 0, CASE WHEN n < 4 THEN now() - make_interval(days => 330 - 80 * n) END,
    CASE WHEN n < 4 THEN now() - make_interval(days => 330 - 80 * n) + interval '4 hours' END, 0, 0, 0, 0, 0, 0, 0, 0, :customers + 2
FROM generate_series(1, 4) AS n;

INSERT INTO announcements_mailbox (id, email, email_key, digest, token, wants_releases, wants_updates, wants_offers, soft_bounces, user_id)
SELECT n, who, who, encode(sha256(convert_to('announcements:' || who, 'UTF8')), 'hex'), translate(md5('token' || n), '0123456789', 'ghijklmnop'),
    n % 200 > 0, n % 150 > 0, n % 70 > 0, 0, CASE WHEN n <= :customers THEN n END
FROM generate_series(1, :customers * 6 / 5) AS n,
LATERAL (SELECT CASE WHEN n <= :customers THEN 'customer' ELSE 'reader' END || n || '@example.com' AS who) AS x;

INSERT INTO announcements_subscription (email, email_key, state, basis, source, wording, policy_version, language, ip, confirmed_ip, key, asked_at,
    confirmed_at, left_at)
SELECT email, email, CASE WHEN id % 10 = 0 THEN 'left' WHEN at > now() - interval '6 days' AND id % 3 = 0 THEN 'pending' ELSE 'confirmed' END, 'joined',
    '/announcements/', '', '', 'en', pg_temp.address(id), pg_temp.address(id), md5('subscription' || id)::uuid, at,
    CASE WHEN at <= now() - interval '6 days' OR id % 3 > 0 THEN at + interval '1 hour' END,
    CASE WHEN id % 10 = 0 THEN greatest(at, now() - interval '360 days') + interval '2 hours' END
FROM announcements_mailbox, LATERAL (SELECT pg_temp.spread(id - :customers, :customers / 5, 1000) AS at) AS x WHERE user_id IS NULL ORDER BY id;

INSERT INTO announcements_delivery (basis, state, attempts, next_try_at, lease_token, answer, settled_at, announcement_id, mailbox_id)
SELECT CASE WHEN box.user_id IS NULL THEN 'joined' ELSE 'customer' END,
    CASE WHEN box.id % 300 = 0 THEN 'failed' WHEN box.id % 20 = 0 THEN 'skipped' ELSE 'sent' END, 1, began_at, '',
    CASE WHEN box.id % 20 = 0 THEN 'refuses announcements' ELSE '250 2.0.0 Ok' END, began_at + make_interval(secs => box.id * 0.01), sent.id, box.id
FROM announcements_announcement AS sent, announcements_mailbox AS box WHERE sent.state = 'sent' ORDER BY sent.id, box.id;

UPDATE announcements_announcement SET total = boxes, sent = boxes - boxes / 20, skipped = boxes / 20
FROM (SELECT count(*) AS boxes FROM announcements_mailbox) AS x WHERE state = 'sent';

INSERT INTO announcements_bounce (kind, status, detail, event_key, at, announcement_id, mailbox_id)
SELECT CASE WHEN n % 2 = 0 THEN 'hard' ELSE 'soft' END, '5.1.1', 'no such mailbox', 'bounce-' || n, pg_temp.spread(n, :customers / 100, 250), 1 + n % 3,
    n * 100
FROM generate_series(1, :customers / 100) AS n;
