//! `fyr explain`: what a finding means, and why something holds for a group.
