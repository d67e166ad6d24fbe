-- Ten promotions, of which two run; a code for every second customer, and every tenth has registered.
INSERT INTO promotions_promotion (id, title, slug, summary, text, is_published, starts_at, ends_at, limit_per_person, stop_reason, used, held)
SELECT n, 'Offer ' || n, 'offer-' || n, 'Something more', 'Text.', true, now() - make_interval(days => 30 * (13 - n)),
    CASE WHEN n < 9 THEN now() - make_interval(days => 30 * (12 - n)) END, 1, '', 0, 0
FROM generate_series(1, 10) AS n;

INSERT INTO promotions_promotiongrant (units, product_id, promotion_id) SELECT 1, 1 + n % 6, n FROM generate_series(1, 10) AS n;

INSERT INTO promotions_codebatch (id, tag, label, is_shared, size, keeps_digests_alone, state, made, made_at, stop_reason, promotion_id)
SELECT n, 'B' || n, 'Batch ' || n, false, :customers / 20, false, 'ready', :customers / 20, now() - make_interval(days => 30 * (13 - n)), '', n
FROM generate_series(1, 10) AS n;

INSERT INTO promotions_promocode (id, digest, code, uses, used, held, batch_id)
SELECT n, md5('promo' || n) || md5('code' || n), '', 1, CASE WHEN n <= :customers / 10 THEN 1 ELSE 0 END, 0, 1 + n % 10
FROM generate_series(1, :customers / 2) AS n;

INSERT INTO promotions_redemption (id, name, company, address1, address2, city, region, postal_code, country, telephone, fax, email, email_key,
    abuse_key, state, key, ip, policy_version, held_at, held_until, confirmed_at, is_disposable, end_reason, end_text, code_id, promotion_id, user_id)
SELECT n, name, '', '', '', '', '', '', '', '', '', email, email_key, md5('person' || n) || md5('x' || n), 'confirmed', md5('redemption' || n)::uuid,
    pg_temp.address(n), 'population', at, at + interval '1 hour', at + interval '5 minutes', false, '', '', n, 1 + n % 10, owner
FROM generate_series(1, :customers / 10) AS n,
LATERAL (SELECT pg_temp.spread(n, :customers / 10, 330) AS at, 1 + (:items + n - 1) % :customers AS owner) AS x
JOIN accounts_user ON accounts_user.id = owner;

INSERT INTO promotions_redemptionitem (units_taken_back, entitlement_id, redemption_id)
SELECT 0, :items + n, n FROM generate_series(1, :customers / 10) AS n;

INSERT INTO promotions_registrant (abuse_key, taken, promotion_id)
SELECT abuse_key, 1, promotion_id FROM promotions_redemption WHERE promotion_id > 8 ORDER BY id;

UPDATE promotions_promotion SET used = uses
FROM (SELECT promotion_id, count(*) AS uses FROM promotions_redemption GROUP BY 1) AS x WHERE id = promotion_id;
