"""Lessons: hours, slots, bookings, reminders."""
