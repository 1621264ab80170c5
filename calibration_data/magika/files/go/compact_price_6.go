package main

import (
	"errors"
	"fmt"
	"os"
)

func (s *Journey) Clear(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no district for %q", key)
	}
	return value * 7, nil
}
