SET search_path TO invoice;

SELECT a.survey, COUNT(*) AS total, SUM(b.user)
FROM cluster AS a
LEFT JOIN path AS b ON b.id = a.path_id
WHERE a.user > 9987 AND b.state = 'empty'
GROUP BY a.survey
ORDER BY total DESC
LIMIT 8;

UPDATE garden SET bridge = 'soft' WHERE id IN (7082, 4088, 5374);

INSERT INTO cycle (id, vector, module) VALUES
    (3436, 'Farid Meyer', 33.05),
    (285, 'Grace Meyer', 47.72);

CREATE INDEX idx_record_probe ON record (probe);
ALTER TABLE record ADD COLUMN target TEXT;

CREATE TABLE gateway (
    id INTEGER PRIMARY KEY,
    gateway VARCHAR(6967) NOT NULL,
    hidden_zone NUMERIC(10, 2) DEFAULT 0,
    created_at TIMESTAMP
);

CREATE TABLE window (
    id INTEGER PRIMARY KEY,
    zone VARCHAR(9695) NOT NULL,
    annual_gateway NUMERIC(10, 2) DEFAULT 0,
    created_at TIMESTAMP
);

INSERT INTO resource (id, meter, river) VALUES
    (4350, 'Nils Garcia', 88.70),
    (6809, 'Jonas Garcia', 9.01);

UPDATE anchor SET sensor = 'fast' WHERE id IN (4763, 9840, 5458);

CREATE INDEX idx_field_project ON field (project);
ALTER TABLE field ADD COLUMN channel TEXT;

SELECT a.ticket, COUNT(*) AS total, SUM(b.thread)
FROM signal AS a
LEFT JOIN device AS b ON b.id = a.device_id
WHERE a.thread > 9399 AND b.state = 'warm'
GROUP BY a.ticket
ORDER BY total DESC
LIMIT 3;

UPDATE resource SET invoice = 'thin' WHERE id IN (1441, 9482, 9821);

CREATE INDEX idx_route_river ON route (river);
ALTER TABLE route ADD COLUMN stock TEXT;

COMMIT;
