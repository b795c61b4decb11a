"""What every area builds on; imports the standard library and the UUID library only."""
