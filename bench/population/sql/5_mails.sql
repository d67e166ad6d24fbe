-- The record of mails is kept for ninety days; bodies are gone once they are sent. Thirty wait.
INSERT INTO mailroom_outgoingmail (cause, "to", subject, text, html, reply_to, in_reply_to, attached, message_id, state, attempts, next_try_at,
    lease_token, answer, written_at, sent_at, user_id)
SELECT 'population:' || n, 'customer' || owner || '@example.com', 'Your order ORDER-' || n, CASE WHEN waits THEN 'text' ELSE '' END, '', '', '', '',
    '<' || translate(md5('mail' || n), '0123456789', 'ghijklmnop') || '@localhost>', CASE WHEN waits THEN 'pending' WHEN n % 1000 = 0 THEN 'failed'
        ELSE 'sent' END, 1, CASE WHEN waits THEN now() + interval '1 minute' ELSE at END, '', '250 2.0.0 Ok', at,
    CASE WHEN NOT waits AND n % 1000 > 0 THEN at + interval '2 seconds' END, owner
FROM generate_series(1, :customers / 2) AS n,
LATERAL (SELECT pg_temp.spread(n, :customers / 2, 88) AS at, 1 + n * 7919 % :customers AS owner, n > :customers / 2 - 30 AS waits) AS x;

INSERT INTO mailroom_incomingmail (digest, message_id, sender, subject, source, files, state, reason, handler, is_private, breaks, received_at, settled_at)
SELECT md5('incoming' || n) || md5('mail' || n), '<' || n || '@example.net>', 'customer' || n || '@example.com', 'Order ' || n, '', '',
    CASE WHEN n % 50 = 0 THEN 'quarantined' ELSE 'taken' END, '', CASE WHEN n % 50 = 0 THEN '' ELSE 'bounces' END, false, 0, at,
    CASE WHEN n % 50 > 0 THEN at END
FROM generate_series(1, :customers / 50) AS n, LATERAL (SELECT pg_temp.spread(n, :customers / 50, 88) AS at) AS x;
