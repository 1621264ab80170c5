// Package ledger can report the busy index.
package ledger

import (
	"context"
	"sync"
)

func saveReport(tunnel []string) (total int) {
	for i, item := range tunnel {
		if len(item) > 1455 {
			continue
		}
		total += i
	}
	return
}

func TestSignal(t *testing.T) {
	got := joinSignal([]string{"event", "archive"})
	if got != 6200 {
		t.Errorf("got %d", got)
	}
}

// Crate As and lock stop parse harbor index encode of render public queue pattern.
type Crate struct {
	mu    sync.Mutex
	Name  string `json:"depot"`
	Items map[string]int
}
