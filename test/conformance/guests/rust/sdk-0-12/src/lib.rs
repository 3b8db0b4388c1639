//! Generation 2: pending values, failures as numbers, the old method numbers, and `_start`.
use suborbital::{cache, file, graphql, http, log, req, resp, runnable, util};

struct Guest {}

fn shown(result: Result<Vec<u8>, runnable::RunErr>) -> String {
    match result {
        Ok(bytes) => util::to_string(bytes),
        Err(_) => String::from("failed"),
    }
}

impl runnable::Runnable for Guest {
    fn run(&self, input: Vec<u8>) -> Result<Vec<u8>, runnable::RunErr> {
        if input == b"fail" {
            return Err(runnable::RunErr::new(409, "as asked"));
        }
        let world = req::header("x-world");
        let echo = format!("http://{}/echo", world);
        cache::set("sdk-0-12", util::to_vec(String::from("kept")), 60);
        let lines = vec![
            util::to_string(input),
            req::method(),
            req::body_field("name"),
            shown(http::get(&echo, None)),
            shown(http::post(&echo, None, None)),
            shown(http::patch(&echo, None, None)),
            shown(http::delete(&echo, None)),
            shown(http::get(&format!("http://{}/status/404", world), None)),
            shown(graphql::query(&format!("http://{}/graphql", world), "{a}")),
            shown(cache::get("sdk-0-12")),
            shown(cache::get("nothing")),
            util::to_string(file::get_static("hello.txt").unwrap_or_default()),
            format!("{:?}", file::get_static("nothing.txt")),
            format!("{:?}", req::state("nothing")),
        ];
        resp::set_header("X-Out", "from 0.12");
        log::debug("from 0.12");
        Ok(util::to_vec(lines.join("\n") + "\n"))
    }
}

static RUNNABLE: &Guest = &Guest {};

#[no_mangle]
pub extern "C" fn _start() {
    runnable::use_runnable(RUNNABLE);
}
