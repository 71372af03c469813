"""The window around all screens: top bar, navigation, pages, and the strip of the sync state."""
