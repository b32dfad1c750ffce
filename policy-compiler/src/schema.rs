//! `fyr schema`: the JSON Schemas of every document, for editors and other programs.
