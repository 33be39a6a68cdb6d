package backends

// Meetings returns how many keys something is going on at: none once nobody holds or awaits
// anything.
func (c *Cache) Meetings() (count int) {
	for i := range c.shards {
		c.shards[i].mu.Lock()
		count += len(c.shards[i].meetings)
		c.shards[i].mu.Unlock()
	}
	return count
}
