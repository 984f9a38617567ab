"""More work, more connections and slower clients than there is room for."""
