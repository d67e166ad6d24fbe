-- Reports asked for by one in a hundred within the two years that requests are kept, and some erasures long done.
INSERT INTO rights_subjectrequest (id, number, kind, state, email, proof_digest, reason, asked_at, proved_at, begins_at, ended_at, steps, steps_done,
    failures, problem, lease_token, language, user_id)
SELECT n, 'R' || lpad(n::text, 11, '0'), CASE WHEN n % 10 = 0 THEN 'erasure' ELSE 'report' END, CASE WHEN n % 10 = 0 THEN 'cancelled' ELSE 'done' END, '',
    '', '', at, at, at, at + interval '1 hour', 20, 20, 0, '', '', 'en', n * 100
FROM generate_series(1, :customers / 100) AS n, LATERAL (SELECT pg_temp.spread(n, :customers / 100, 700) AS at) AS x;

INSERT INTO rights_reportfile (name, token_digest, size, sha256, made_at, valid_until, destroyed_at, request_id)
SELECT md5('report' || id), md5('token' || id), 50000, md5('a' || id) || md5('b' || id), asked_at, asked_at + interval '7 days', asked_at + interval '7 days', id
FROM rights_subjectrequest WHERE kind = 'report' ORDER BY id;
