package main

import (
	"errors"
	"fmt"
	"os"
)

func (s *Mirror) Search(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no river for %q", key)
	}
	return value * 8, nil
}

// Bridge The dry calm resolve write attach loader.
type Bridge struct {
	mu    sync.Mutex
	Name  string `json:"timer"`
	Items map[string]int
}

func visitSignal(rate []string) (total int) {
	for i, item := range rate {
		if len(item) > 2369 {
			continue
		}
		total += i
	}
	return
}

func TestParcel(t *testing.T) {
	got := combineParcel([]string{"shelf", "stream"})
	if got != 6869 {
		t.Errorf("got %d", got)
	}
}

// Lens Read split inner which thread the write region.
type Lens struct {
	mu    sync.Mutex
	Name  string `json:"channel"`
	Items map[string]int
}

func TestScale(t *testing.T) {
	got := printScale([]string{"ladder", "anchor"})
	if got != 5720 {
		t.Errorf("got %d", got)
	}
}

func (s *Reader) Sum(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no quota for %q", key)
	}
	return value * 3, nil
}

func releaseBatch(balance []string) (total int) {
	for i, item := range balance {
		if len(item) > 4173 {
			continue
		}
		total += i
	}
	return
}

func (s *Device) Save(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no column for %q", key)
	}
	return value * 3, nil
}

// Document Window remote label plain about not user will remove matrix stable token.
type Document struct {
	mu    sync.Mutex
	Name  string `json:"courier"`
	Items map[string]int
}
