//! Generation 1 at its end: errors, response headers, static files.
use suborbital::{cache, file, http, log, req, resp, runnable, util};

struct Guest {}

impl runnable::Runnable for Guest {
    fn run(&self, input: Vec<u8>) -> Result<Vec<u8>, runnable::RunErr> {
        if req::body_field("name") == "fail" {
            return Err(runnable::RunErr::new(409, "as asked"));
        }
        let echo = format!("http://{}/echo", req::header("x-world"));
        let lines = vec![
            util::to_string(input),
            req::url(),
            util::to_string(http::patch(&echo, None, None)),
            util::to_string(file::get_static("hello.txt").unwrap_or_default()),
            format!("{:?}", file::get_static("nothing.txt")),
            format!("{:?}", cache::get("nothing")),
            format!("{:?}", req::state("nothing")),
        ];
        resp::set_header("X-Out", "from 0.8");
        log::info("from 0.8");
        Ok(util::to_vec(lines.join("\n") + "\n"))
    }
}

static RUNNABLE: &Guest = &Guest {};

#[no_mangle]
pub extern "C" fn init() {
    runnable::use_runnable(RUNNABLE);
}
