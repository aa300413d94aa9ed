//! Document models and their rendering; knows no domain.
