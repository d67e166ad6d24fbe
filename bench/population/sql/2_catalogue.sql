-- Six products with three releases of two files each: the catalogue does not grow with the customers.
INSERT INTO downloads_product (id, code, slug, name, tagline, description, unlock_prefix, downloads_per_unit, position, is_public, seats_per_unit,
    catalogue_changed_at, catalogue_mark)
SELECT n, 'SCALE-' || n, 'scale-' || n, 'Product ' || n, 'What it is for', 'What it does, in a few sentences.', 'PR' || chr(64 + n), 5, n, true, 1,
    now(), md5('product' || n)::uuid
FROM generate_series(1, 6) AS n;

INSERT INTO downloads_release (id, version, version_key, published_at, notes, channel, is_critical, rollout_days, withdrawal_reason, product_id)
SELECT (product - 1) * 3 + part, part || '.0', '0', now() - make_interval(days => 900 - 250 * part), 'Better in small ways.', 'stable',
    false, 0, '', product
FROM generate_series(1, 6) AS product, generate_series(1, 3) AS part;

INSERT INTO downloads_releasefile (id, platform, file, name, size, sha256, uploaded_at, signature, architecture, minimum_system, update_signature, release_id)
SELECT (release - 1) * 2 + part, (ARRAY['windows', 'macos'])[part], 'none', 'release-' || release || '-' || part || '.zip', 30000000,
    md5('a' || release * 2 + part) || md5('b' || release * 2 + part), now() - interval '200 days', '', 'any', '', '', release
FROM generate_series(1, 18) AS release, generate_series(1, 2) AS part;

INSERT INTO purchases_productcode (partner, code, is_upgrade, product_id) SELECT 'standard-webhooks', code, false, id FROM downloads_product;
