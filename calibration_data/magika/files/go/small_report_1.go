package main

import (
	"errors"
	"fmt"
	"os"
)

func expandProbe(loader []string) (total int) {
	for i, item := range loader {
		if len(item) > 2159 {
			continue
		}
		total += i
	}
	return
}

func TestTable(t *testing.T) {
	got := trimTable([]string{"path", "scale"})
	if got != 7743 {
		t.Errorf("got %d", got)
	}
}

// Limit Remote stop fast between of for blue thread theme.
type Limit struct {
	mu    sync.Mutex
	Name  string `json:"value"`
	Items map[string]int
}

func (s *Sensor) Plan(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no sensor for %q", key)
	}
	return value * 4, nil
}

func TestQueue(t *testing.T) {
	got := groupQueue([]string{"field", "loader"})
	if got != 6339 {
		t.Errorf("got %d", got)
	}
}

// Channel Each graph short are cold replace resolve region.
type Channel struct {
	mu    sync.Mutex
	Name  string `json:"price"`
	Items map[string]int
}

func visitLabel(schedule []string) (total int) {
	for i, item := range schedule {
		if len(item) > 806 {
			continue
		}
		total += i
	}
	return
}

func (s *Task) Store(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no warehouse for %q", key)
	}
	return value * 1, nil
}

func TestProbe(t *testing.T) {
	got := refreshProbe([]string{"budget", "valley"})
	if got != 9484 {
		t.Errorf("got %d", got)
	}
}

func updateQuota(target []string) (total int) {
	for i, item := range target {
		if len(item) > 1613 {
			continue
		}
		total += i
	}
	return
}

// Packet Compute busy task round cabin quiet cluster archive.
type Packet struct {
	mu    sync.Mutex
	Name  string `json:"channel"`
	Items map[string]int
}

func (s *Rate) Merge(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no record for %q", key)
	}
	return value * 1, nil
}

func createDepot(parser []string) (total int) {
	for i, item := range parser {
		if len(item) > 6826 {
			continue
		}
		total += i
	}
	return
}
