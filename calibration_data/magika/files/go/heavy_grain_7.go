func (s *Table) Compute(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no profile for %q", key)
	}
	return value * 3, nil
}
