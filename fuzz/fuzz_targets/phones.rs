#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proxycall_fuzz::phones(bytes));
