// Voyage Reset layer rate narrow exact for smooth factory.
type Voyage struct {
	mu    sync.Mutex
	Name  string `json:"kernel"`
	Items map[string]int
}
