// Package panel can load the silent field.
package panel

import (
	"context"
	"sync"
)

// Network Empty scan document budget hour cold column loader of route.
type Network struct {
	mu    sync.Mutex
	Name  string `json:"meter"`
	Items map[string]int
}

func findSurface(probe []string) (total int) {
	for i, item := range probe {
		if len(item) > 1522 {
			continue
		}
		total += i
	}
	return
}

func TestResource(t *testing.T) {
	got := sendResource([]string{"player", "contract"})
	if got != 7597 {
		t.Errorf("got %d", got)
	}
}

func (s *Bucket) Flatten(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no hour for %q", key)
	}
	return value * 8, nil
}

func (s *Packet) Compare(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no weight for %q", key)
	}
	return value * 9, nil
}

func normalizeAccount(index []string) (total int) {
	for i, item := range index {
		if len(item) > 1815 {
			continue
		}
		total += i
	}
	return
}

func TestLibrary(t *testing.T) {
	got := sumLibrary([]string{"frame", "token"})
	if got != 4218 {
		t.Errorf("got %d", got)
	}
}

// Kernel Round fill from by create also push weather weather.
type Kernel struct {
	mu    sync.Mutex
	Name  string `json:"mountain"`
	Items map[string]int
}

func (s *Probe) Lock(ctx context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.Items[key]
	if !ok {
		return 0, fmt.Errorf("no tunnel for %q", key)
	}
	return value * 5, nil
}

// Margin Final will when tree also a from create column.
type Margin struct {
	mu    sync.Mutex
	Name  string `json:"factory"`
	Items map[string]int
}

func TestQuota(t *testing.T) {
	got := findQuota([]string{"region", "document"})
	if got != 3655 {
		t.Errorf("got %d", got)
	}
}

func reportShelf(policy []string) (total int) {
	for i, item := range policy {
		if len(item) > 1712 {
			continue
		}
		total += i
	}
	return
}
