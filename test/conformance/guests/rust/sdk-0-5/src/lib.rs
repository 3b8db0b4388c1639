//! Generation 1: values go to buffers, an output or none, and `init` registers the runnable.
use std::collections::BTreeMap;
use suborbital::{cache, http, log, req, runnable, util};

struct Guest {}

impl runnable::Runnable for Guest {
    fn run(&self, input: Vec<u8>) -> Option<Vec<u8>> {
        let world = req::header("X-World");
        let echo = format!("http://{}/echo", world);
        let mut headers = BTreeMap::new();
        headers.insert("X-A", "1");
        cache::set("sdk-0-5", util::to_vec(String::from("kept")), 0);
        let lines = vec![
            util::to_string(input),
            req::method(),
            req::body_field("name"),
            util::to_string(http::get(&echo, None)),
            util::to_string(http::post(&echo, Some(vec![]), Some(headers))),
            util::to_string(http::delete(&echo, None)),
            util::to_string(http::get(&format!("http://{}/status/404", world), None)),
            util::to_string(http::get("http://blocked.example/", None)),
            util::to_string(cache::get("sdk-0-5").unwrap_or_default()),
            format!("{:?}", cache::get("nothing")),
        ];
        log::warn("from 0.5");
        Some(util::to_vec(lines.join("\n") + "\n"))
    }
}

static RUNNABLE: &Guest = &Guest {};

#[no_mangle]
pub extern "C" fn init() {
    runnable::set(RUNNABLE);
}
