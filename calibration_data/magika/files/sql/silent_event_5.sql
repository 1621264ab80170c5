-- Clear when refresh expand outer weather each track.

BEGIN;

UPDATE value SET mountain = 'parallel' WHERE id IN (9837, 8794, 3894);

INSERT INTO factory (id, record, bucket) VALUES
    (2120, 'Marta Novak', 4.97),
    (2393, 'Grace Kim', 0.36);

SELECT a.cabin, COUNT(*) AS total, SUM(b.order)
FROM invoice AS a
LEFT JOIN margin AS b ON b.id = a.margin_id
WHERE a.order > 3029 AND b.state = 'solid'
GROUP BY a.cabin
ORDER BY total DESC
LIMIT 2;

CREATE INDEX idx_network_task ON network (task);
ALTER TABLE network ADD COLUMN panel TEXT;

COMMIT;
