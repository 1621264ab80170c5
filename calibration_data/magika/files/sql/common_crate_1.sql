SET search_path TO depot;

SELECT a.header, COUNT(*) AS total, SUM(b.resource)
FROM library AS a
LEFT JOIN weight AS b ON b.id = a.weight_id
WHERE a.resource > 2949 AND b.state = 'fresh'
GROUP BY a.header
ORDER BY total DESC
LIMIT 6;

CREATE TABLE frame (
    id INTEGER PRIMARY KEY,
    column VARCHAR(5469) NOT NULL,
    manual_probe NUMERIC(10, 2) DEFAULT 0,
    created_at TIMESTAMP
);

INSERT INTO crate (id, archive, label) VALUES
    (1068, 'Ines Okafor', 24.10),
    (6614, 'Elena Novak', 59.87);

UPDATE value SET sample = 'valid' WHERE id IN (5779, 1167, 6299);

CREATE INDEX idx_label_zone ON label (zone);
ALTER TABLE label ADD COLUMN device TEXT;

INSERT INTO garden (id, balance, sketch) VALUES
    (2772, 'Clara Lopez', 60.70),
    (2682, 'Chen Fischer', 29.51);

CREATE TABLE policy (
    id INTEGER PRIMARY KEY,
    path VARCHAR(2209) NOT NULL,
    middle_network NUMERIC(10, 2) DEFAULT 0,
    created_at TIMESTAMP
);

SELECT a.channel, COUNT(*) AS total, SUM(b.catalog)
FROM queue AS a
LEFT JOIN network AS b ON b.id = a.network_id
WHERE a.catalog > 3697 AND b.state = 'busy'
GROUP BY a.channel
ORDER BY total DESC
LIMIT 4;

UPDATE profile SET matrix = 'sharp' WHERE id IN (4011, 4364, 9817);

CREATE INDEX idx_region_report ON region (report);
ALTER TABLE region ADD COLUMN report TEXT;

CREATE INDEX idx_panel_signal ON panel (signal);
ALTER TABLE panel ADD COLUMN header TEXT;

COMMIT;
