//! The program as its users meet it: commands, settings, life cycle, and the files that ship with it.

mod doctor;
mod files;
mod import;
mod import_faults;
mod logs;
mod sandbox;
mod serve;
mod setting;
mod stop;
mod support;
