"""Infrastructure of the HTTP edge that all views share."""
