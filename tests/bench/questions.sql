-- A large fleet: 1,000 clusters with 100,000 workloads of 2,000 images, 20,000
-- reports with ten million findings of 20,000 vulnerabilities, two million
-- events of three weeks.

INSERT INTO token (id, digest, kind, max_uses, created_by, created_at, expires_at)
VALUES ('00000000-0000-0000-0000-000000000001', sha256('bench'), 'remote', 1000000, 'bench', now(),
        now());
INSERT INTO member (id, name, kind, rest_server, rest_port, kube_system_uid, version, token_id,
                    request_digest, certificate_serial, certificate_expires_at, joined_at)
SELECT ('10000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid,
       'cluster-' || lpad(n::text, 4, '0'), 'remote', '', 0, '', '0',
       '00000000-0000-0000-0000-000000000001', sha256(n::text::bytea), '', now(), now()
FROM generate_series(1, 1000) AS n;

INSERT INTO object (kind, name, log, revision, payload)
VALUES (10, 'fed.bench', 1, 1,
        convert_to('{"registry":"https://registry.example/","domains":[]}', 'UTF8'));
INSERT INTO registry (name) VALUES ('fed.bench');
INSERT INTO report (digest, scanned_at, cvedb_version, summary, body, verdict, publish, checked,
                    image_id, critical, high, base_os)
SELECT sha256(('image-' || n)::bytea), now(), '1', '{}', '', '', false, true, 'id-' || n, n % 50,
       n % 70,
       CASE WHEN n % 2 = 0 THEN 'debian:12' ELSE 'alpine:3.19' END
FROM generate_series(1, 20000) AS n;
INSERT INTO image (registry, repository, tag, digest, status)
SELECT 'fed.bench', 'shop/service-' || n, 'v1', sha256(('image-' || n)::bytea), 'finished'
FROM generate_series(1, 20000) AS n;
INSERT INTO vulnerability (name, severity, score, score_v3, vectors, vectors_v3, feed_rating,
                           description, link, published, modified, epss, kev, vulndb_digest)
SELECT 'CVE-2026-' || n, n % 5, n % 10, n % 10, '', '', '', repeat('x', 300), '',
       1700000000 + n, 0, (n % 100) / 100.0, n % 200 = 0, ''
FROM generate_series(1, 20000) AS n;
INSERT INTO vulnerable_package (vulnerability, package_name, package_version, source, severity,
                                score, score_v3, status, fixed_version, feed_rating)
SELECT one.id, 'package-' || n % 3000, '1.' || n, 'debian:12', n % 5, 0, n % 10, '',
       CASE WHEN n % 3 = 0 THEN '2' ELSE '' END, ''
FROM generate_series(1, 30000) AS n
JOIN vulnerability AS one ON one.name = 'CVE-2026-' || 1 + n % 20000;
-- Ten million rows are sorted once instead of being put into two trees.
ALTER TABLE finding DROP CONSTRAINT finding_pkey, DROP CONSTRAINT finding_report_fkey;
DROP INDEX finding_vulnerable_package_idx;
INSERT INTO finding (report, vulnerable_package)
SELECT report.id, package.id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM report) AS report
CROSS JOIN generate_series(1, 500) AS p
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM vulnerable_package) AS package
     ON package.n = 1 + (report.n * 37 + p * 59) % 30000;
ALTER TABLE finding ADD CONSTRAINT finding_pkey PRIMARY KEY (report, vulnerable_package);
CREATE INDEX finding_vulnerable_package_idx ON finding (vulnerable_package, report);

INSERT INTO image_check (report, test_number, category, type, level, profile, scored, description,
                         remediation, message, messages)
SELECT report.id, 'I.4.' || n, 'image', 'image', 'WARN', 'Level ' || 1 + n % 2, n % 2 = 0,
       'what is wrong with the image', 'what to do about it',
       array_fill('File /usr/bin/su has setuid mode: urwxr-xr-x'::text, ARRAY[10]), 10
FROM report CROSS JOIN generate_series(1, 6) AS n;

INSERT INTO running_image (name, image_id, registry, repository, tag)
SELECT 'registry.example/shop/service-' || n || ':v1', '', 'registry.example',
       'shop/service-' || n, 'v1'
FROM generate_series(1, 2000) AS n;
INSERT INTO workload_state (cluster_id, digest, whole, workloads, nodes, images, at)
SELECT id, sha256('held'), 1, 100, 5, 40, now() FROM member WHERE name LIKE 'cluster-%';
INSERT INTO workload (cluster_id, id, name, namespace, pod, host, image, running_image,
                      run_as_root, started_at, whole)
SELECT ('10000000-0000-0000-0000-' || lpad(to_hex(c), 12, '0'))::uuid,
       lpad(to_hex(c * 1000 + w), 64, '0'), 'service-' || (c * 7 + w * 13) % 500,
       'namespace-' || w % 20, 'pod-' || c || '-' || w, 'node-' || w % 5, image.name, image.id,
       w % 3 = 0, now() - w * interval '1 hour', 1
FROM generate_series(1, 1000) AS c
CROSS JOIN generate_series(1, 100) AS w
JOIN running_image AS image
     ON image.name = 'registry.example/shop/service-' || 1 + (c * 31 + w % 40) % 2000 || ':v1';
INSERT INTO cluster_image (cluster_id, running_image)
SELECT DISTINCT cluster_id, running_image FROM workload;

SELECT event_partition_create((now() AT TIME ZONE 'UTC')::date - n)
FROM generate_series(0, 29) AS n;
INSERT INTO event (cluster_id, seq, at, name, level, category, namespace, image, detail)
SELECT ('10000000-0000-0000-0000-' || lpad(to_hex(1 + n % 1000), 12, '0'))::uuid, n,
       now() - n * interval '1 second',
       CASE WHEN n % 50 = 0 THEN 'Admission.Control.Denied' ELSE 'Container.Scan.Report' END,
       CASE WHEN n % 50 = 0 THEN 'Critical' ELSE 'Info' END, 'audit', 'namespace-' || n % 20,
       'registry.example/shop/service-' || 1 + n % 2000 || ':v1',
       '{"message":"a message of usual length, as records have it","workload_name":"pod"}'
FROM generate_series(1, 2000000) AS n;
INSERT INTO event_image (image, day)
SELECT image, max((at AT TIME ZONE 'UTC')::date) FROM event WHERE image <> '' GROUP BY image
ON CONFLICT (image) DO NOTHING;
INSERT INTO event_count (cluster_id, hour, events, grave, denials)
SELECT cluster_id, date_trunc('hour', at, 'UTC'), count(*), 0, 0 FROM event
WHERE cluster_id::text LIKE '10000000-%' GROUP BY 1, 2;
