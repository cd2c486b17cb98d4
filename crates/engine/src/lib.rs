//! The pipeline: observe, plan, journal, apply, settle.
