"""Three emulated LMSs (Canvas, Moodle, Sakai) for the demonstration and the tests; never in production."""
