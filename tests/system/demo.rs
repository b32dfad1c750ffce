//! The demo is the main job: it must run here as it runs for somebody who just cloned.
