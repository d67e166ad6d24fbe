-- Six purchases for five customers; every fourth has two lines. Entitlement n is line n.
INSERT INTO purchases_purchase (id, name, company, address1, address2, city, region, postal_code, country, telephone, fax, partner, order_reference,
    email, ip, currency, total, purchased_at, recorded_at, user_id)
SELECT n, name, company, address1, '', city, '', postal_code, country, telephone, '',
    (ARRAY['standard-webhooks', 'stripe', 'plimus'])[1 + n % 3], 'ORDER-' || n, email, pg_temp.address(n), 'EUR', 10 + n % 190, at,
    at + interval '5 seconds', owner
FROM generate_series(1, :purchases) AS n,
LATERAL (SELECT pg_temp.spread(n, :purchases, 720) AS at, 1 + (n - 1) % :customers AS owner) AS x
JOIN accounts_user ON accounts_user.id = owner;

INSERT INTO purchases_purchaseitem (id, line_number, product_code, product_name, quantity, unit_price, delivery_option, reference, entitlement_id, purchase_id)
SELECT n, CASE WHEN n > :purchases THEN 2 ELSE 1 END, 'SCALE-' || 1 + n % 6, 'Product ' || 1 + n % 6, 1, 10 + n % 190, '', '', n,
    CASE WHEN n > :purchases THEN (n - :purchases) * 4 ELSE n END
FROM generate_series(1, :items) AS n;

INSERT INTO purchases_purchasereference (partner, reference, role, purchase_id)
SELECT partner, 'payment-' || id, 'order', id FROM purchases_purchase ORDER BY id;

-- Notifications stay for half a year: a third of the purchases of two years, each with a few hundred bytes of payload. The latest ones are open.
INSERT INTO purchases_webhookevent (partner, channel, event_key, raw_type, kind, order_reference, parent_order_reference, test_mode, payload,
    payload_sha256, is_waived, state, state_reason, unknown_code, looks, failures, next_try_at, occurred_at, received_at, handled_at)
SELECT partner, 'webhook', 'key-' || id, 'purchase.completed', 'purchase', order_reference, '', false,
    jsonb_build_object('type', 'purchase.completed', 'data', jsonb_build_object('order_reference', order_reference, 'buyer',
        jsonb_build_object('name', name, 'email', email, 'city', city), 'lines', jsonb_build_array(jsonb_build_object('product_code', 'SCALE-1')))),
    md5('sha' || id) || md5('256' || id), false, CASE WHEN id > :purchases - 30 THEN 'waiting' WHEN id % 500 = 0 THEN 'failed' ELSE 'fulfilled' END,
    '', '', 0, 0, recorded_at, purchased_at, recorded_at, CASE WHEN id <= :purchases - 30 AND id % 500 > 0 THEN recorded_at + interval '3 seconds' END
FROM purchases_purchase WHERE recorded_at > now() - interval '179 days' ORDER BY id;

INSERT INTO purchases_buyerdetails (partner, reference, details, occurred_at, told_at)
SELECT partner, 'buyer-' || id, '{"name": "Anna"}', purchased_at, recorded_at
FROM purchases_purchase WHERE id % 50 = 0 AND recorded_at > now() - interval '179 days' ORDER BY id;
