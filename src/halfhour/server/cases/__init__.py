"""Cases, stored: openings and events, appended and never edited, and each case's present as rows to be asked for."""
