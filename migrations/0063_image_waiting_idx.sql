-- Images whose scan is to come or under way: each who takes scans looks for those that were
-- lost, every two seconds.
CREATE INDEX image_waiting_idx ON image (digest) WHERE status IN ('scheduled', 'scanning');
