-- One case for ten customers; all but the latest are destroyed, and statistics. What was told in the latest cannot be read: no keys are made here.
INSERT INTO support_case (id, reference, key_name, kind, channel, state, life, is_priority, email_digest, sealed_details, policy_version, opened_at,
    waiting_since, last_written_at, first_answered_at, closed_at, destroy_at, destroyed_at, product_id, user_id)
SELECT n, upper(substr(pg_temp.six(pg_temp.picked(n, 5, 1073741824)), 1, 2) || lpad(to_hex(n), 7, '0')), md5('key' || n), 'question', 'area',
    CASE WHEN live AND n % 3 = 0 THEN 'open' WHEN live AND n % 3 = 1 THEN 'answered' ELSE 'closed' END,
    CASE WHEN live THEN 'live' ELSE 'destroyed' END, n % 10 = 0, CASE WHEN live THEN md5('digest' || n) ELSE '' END, '', '', at,
    CASE WHEN live AND n % 3 = 0 THEN at END, CASE WHEN live THEN greatest(at, now() - interval '3 days') ELSE at END, at + interval '4 hours',
    CASE WHEN live AND n % 3 < 2 THEN NULL ELSE at + interval '2 days' END,
    CASE WHEN live AND n % 3 = 2 THEN now() + interval '5 days' WHEN NOT live THEN at + interval '9 days' END,
    CASE WHEN NOT live THEN at + interval '9 days' END, 1 + n % 6, CASE WHEN live THEN n * 7919 % :customers + 1 END
FROM generate_series(1, :customers / 10) AS n,
LATERAL (SELECT pg_temp.spread(n, :customers / 10, 1000) AS at, n > :customers / 10 - greatest(:customers / 500, 300) AS live) AS x;

INSERT INTO support_casemessage (author, channel, sealed, written_at, case_id, staff_id)
SELECT CASE part WHEN 2 THEN 'staff' ELSE 'customer' END, 'area', '', opened_at + part * interval '1 hour', id, CASE part WHEN 2 THEN :customers + 3 END
FROM support_case, generate_series(1, 3) AS part WHERE life = 'live' ORDER BY id, part;

INSERT INTO support_destruction (number, state, trigger, messages, files, bytes, manifest_digest, attempts, next_try_at, due_at, begun_at, destroyed_at,
    problem, sealed_address, case_id)
SELECT 'D' || lpad(id::text, 20, '0'), 'destroyed', 'schedule', 3, 0, 0, md5('manifest' || id) || md5('digest' || id), 1, destroyed_at, destroyed_at,
    destroyed_at, destroyed_at, '', '', id
FROM support_case WHERE life = 'destroyed' ORDER BY id;

INSERT INTO support_feedback (text, may_we_answer, written_at, submission, policy_version, product_id, user_id)
SELECT 'Please print in landscape, too. ' || n, true, pg_temp.spread(n, :customers / 50, 700), md5('feedback' || n), '', 1 + n % 6, n * 50
FROM generate_series(1, :customers / 50) AS n;

INSERT INTO support_loginhelprequest (order_digest, address_digest, network_digest, outcome, asked_at)
SELECT md5('order' || n), md5('address' || n), md5('network' || n), 'refused', pg_temp.spread(n, :customers / 200, 360)
FROM generate_series(1, :customers / 200) AS n;

INSERT INTO support_correction (model, field, role, corrected_at, user_id)
SELECT 'accounts.User', 'name', 'support', pg_temp.spread(n, :customers / 200, 700), n * 200 FROM generate_series(1, :customers / 200) AS n;
