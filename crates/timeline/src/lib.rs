//! Who does what when, as pure functions: segments, schedules, populations, steppers, plans.
