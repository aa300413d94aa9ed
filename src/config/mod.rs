//! The configuration: parsed with positions, checked into settings that cannot be wrong.
