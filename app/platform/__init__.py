"""Infrastructure of the HTTP edge: what every view stands on."""
