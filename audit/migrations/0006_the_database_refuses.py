"""On PostgreSQL the database itself refuses to change the audit log; see docs/decisions/audit-log.md.

The two limits stand here as they are declared in audit/personal_data.py and audit/retention.py; tests/audit/test_refusal.py holds
them together. Whoever changes one writes a migration that replaces its function.
"""

from django.db import migrations

# A refusal is insufficient_privilege, so that nobody takes it for a constraint and tries again.
CREATE = r"""
CREATE FUNCTION audit_purged_before() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT date_trunc('month', (clock_timestamp() AT TIME ZONE 'UTC') - interval '2 years') AT TIME ZONE 'UTC'
$$;

CREATE FUNCTION audit_truncated_before() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT clock_timestamp() - interval '365 days'
$$;

CREATE FUNCTION audit_truncated(full_address inet) RETURNS inet LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT host(network(set_masklen(full_address, CASE family(full_address) WHEN 4 THEN 24 ELSE 48 END)))::inet
$$;

CREATE FUNCTION audit_refuse() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: record another event instead.' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('infacta.audit_truncate', true), '') <> 'on' THEN
        PERFORM audit_refuse();
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    retention boolean := coalesce(current_setting('infacta.audit_retention', true), '') = 'on';
    truncated audit_auditevent;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF retention AND OLD.at < audit_purged_before() THEN
            RETURN OLD;
        END IF;
    ELSE
        truncated := OLD;
        truncated.ip := audit_truncated(OLD.ip);
        IF retention AND OLD.at < audit_truncated_before() AND NEW IS NOT DISTINCT FROM truncated THEN
            RETURN NEW;
        END IF;
    END IF;
    PERFORM audit_refuse();
END
$$;

CREATE FUNCTION audit_seal_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    retention boolean := coalesce(current_setting('infacta.audit_retention', true), '') = 'on';
    allowed audit_seal;
BEGIN
    IF TG_OP = 'UPDATE' AND retention THEN
        allowed := OLD;
        IF OLD.first_at < audit_truncated_before() THEN
            allowed.address_salt := '';
            IF OLD.last_at < audit_truncated_before() THEN
                allowed.truncated_at := NEW.truncated_at;
            END IF;
        END IF;
        IF OLD.last_at < audit_purged_before() AND OLD.purged_at IS NULL AND NEW.purged_at IS NOT NULL THEN
            allowed.salt := '';
            allowed.purged_at := NEW.purged_at;
        END IF;
        IF NEW IS NOT DISTINCT FROM allowed THEN
            RETURN NEW;
        END IF;
    END IF;
    PERFORM audit_refuse();
END
$$;

CREATE TRIGGER audit_event_stays BEFORE UPDATE OR DELETE ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION audit_event_stays();
CREATE TRIGGER audit_event_stays_all BEFORE TRUNCATE ON audit_auditevent FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_seal_stays BEFORE UPDATE OR DELETE ON audit_seal FOR EACH ROW EXECUTE FUNCTION audit_seal_stays();
CREATE TRIGGER audit_seal_stays_all BEFORE TRUNCATE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
"""

DROP = """
DROP TRIGGER audit_seal_stays_all ON audit_seal;
DROP TRIGGER audit_seal_stays ON audit_seal;
DROP TRIGGER audit_event_stays_all ON audit_auditevent;
DROP TRIGGER audit_event_stays ON audit_auditevent;
DROP FUNCTION audit_seal_stays();
DROP FUNCTION audit_event_stays();
DROP FUNCTION audit_stays();
DROP FUNCTION audit_refuse();
DROP FUNCTION audit_truncated(inet);
DROP FUNCTION audit_truncated_before();
DROP FUNCTION audit_purged_before();
"""


def on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_kinds_of_exports_and_seals")]
    operations = [migrations.RunPython(on_postgresql(CREATE), on_postgresql(DROP))]
