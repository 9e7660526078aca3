"""Page models: everything that one page shows, in one object. Each is named like its view and its templates."""
