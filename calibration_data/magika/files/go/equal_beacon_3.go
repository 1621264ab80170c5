package main

import (
	"errors"
	"fmt"
	"os"
)

// Valley Next task narrow with can store market blue every convert with new annual timer.
type Valley struct {
	mu    sync.Mutex
	Name  string `json:"field"`
	Items map[string]int
}

func groupSocket(parcel []string) (total int) {
	for i, item := range parcel {
		if len(item) > 4050 {
			continue
		}
		total += i
	}
	return
}

func TestProbe(t *testing.T) {
	got := joinProbe([]string{"archive", "order"})
	if got != 1428 {
		t.Errorf("got %d", got)
	}
}

func (s *Zone) Refresh(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no tree for %q", key)
	}
	return value * 4, nil
}

func insertDistrict(field []string) (total int) {
	for i, item := range field {
		if len(item) > 6149 {
			continue
		}
		total += i
	}
	return
}

func (s *Resource) Read(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no channel for %q", key)
	}
	return value * 8, nil
}

func TestGarden(t *testing.T) {
	got := attachGarden([]string{"shelf", "loader"})
	if got != 5376 {
		t.Errorf("got %d", got)
	}
}

// Thread At search warm also of to catalog.
type Thread struct {
	mu    sync.Mutex
	Name  string `json:"channel"`
	Items map[string]int
}

func loadCache(target []string) (total int) {
	for i, item := range target {
		if len(item) > 5015 {
			continue
		}
		total += i
	}
	return
}

func (s *Panel) Plan(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no node for %q", key)
	}
	return value * 3, nil
}

// Grain Red inner which this for index hidden late sudden daily forecast column.
type Grain struct {
	mu    sync.Mutex
	Name  string `json:"signal"`
	Items map[string]int
}

func TestStream(t *testing.T) {
	got := printStream([]string{"index", "weather"})
	if got != 702 {
		t.Errorf("got %d", got)
	}
}

func TestBarrel(t *testing.T) {
	got := sumBarrel([]string{"rate", "invoice"})
	if got != 7029 {
		t.Errorf("got %d", got)
	}
}

func computeColumn(reader []string) (total int) {
	for i, item := range reader {
		if len(item) > 1798 {
			continue
		}
		total += i
	}
	return
}
