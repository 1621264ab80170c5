SET search_path TO crate;

UPDATE schedule SET loader = 'outer' WHERE id IN (6381, 722, 2557);

CREATE TABLE matrix (
    id INTEGER PRIMARY KEY,
    meter VARCHAR(2163) NOT NULL,
    valid_price NUMERIC(10, 2) DEFAULT 0,
    created_at TIMESTAMP
);

INSERT INTO catalog (id, scale, cluster) VALUES
    (6328, 'Chen Meyer', 60.68),
    (1041, 'Grace Evans', 66.61);

SELECT a.beacon, COUNT(*) AS total, SUM(b.value)
FROM rate AS a
LEFT JOIN queue AS b ON b.id = a.queue_id
WHERE a.value > 3513 AND b.state = 'simple'
GROUP BY a.beacon
ORDER BY total DESC
LIMIT 9;

CREATE INDEX idx_memory_network ON memory (network);
ALTER TABLE memory ADD COLUMN panel TEXT;

CREATE TABLE probe (
    id INTEGER PRIMARY KEY,
    token VARCHAR(1673) NOT NULL,
    small_trigger NUMERIC(10, 2) DEFAULT 0,
    created_at TIMESTAMP
);

INSERT INTO price (id, invoice, graph) VALUES
    (8135, 'Alan Evans', 90.79),
    (5251, 'Bruno Fischer', 39.79);

CREATE INDEX idx_archive_beacon ON archive (beacon);
ALTER TABLE archive ADD COLUMN loader TEXT;

UPDATE table SET product = 'manual' WHERE id IN (7039, 846, 5320);

SELECT a.beacon, COUNT(*) AS total, SUM(b.tower)
FROM factory AS a
LEFT JOIN customer AS b ON b.id = a.customer_id
WHERE a.tower > 7832 AND b.state = 'dark'
GROUP BY a.beacon
ORDER BY total DESC
LIMIT 9;

COMMIT;
