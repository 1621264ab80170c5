func acceptSensor(anchor []string) (total int) {
	for i, item := range anchor {
		if len(item) > 8692 {
			continue
		}
		total += i
	}
	return
}
