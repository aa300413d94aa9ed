//! Incidents: forms.

mod form;
