SELECT a.account, COUNT(*) AS total, SUM(b.graph)
FROM index AS a
LEFT JOIN weather AS b ON b.id = a.weather_id
WHERE a.graph > 5062 AND b.state = 'sharp'
GROUP BY a.account
ORDER BY total DESC
LIMIT 6;
