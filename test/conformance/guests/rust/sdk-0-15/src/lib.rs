//! Generation 3: failures as texts, the new method numbers, writing fields, and `init` by the derive macro.
use suborbital::{cache, file, graphql, http, log, req, resp, runnable, util};

#[derive(suborbital::Runnable)]
struct Guest {}


fn shown(result: Result<Vec<u8>, runnable::HostErr>) -> String {
    match result {
        Ok(bytes) => util::to_string(bytes),
        Err(error) => format!("failed: {}", error.message),
    }
}

impl runnable::Runnable for Guest {
    fn run(&self, input: Vec<u8>) -> Result<Vec<u8>, runnable::RunErr> {
        if input == b"fail" {
            return Err(runnable::RunErr::new(409, "as asked"));
        }
        if input == b"panic" {
            panic!("as asked");
        }
        let world = req::header("x-world");
        let echo = format!("http://{}/echo", world);
        cache::set("sdk-0-15", util::to_vec(String::from("kept")), 0);
        let written = req::set_state("made", "up").is_ok() && req::set_header("x-made", "too").is_ok();
        let lines = vec![
            util::to_string(input),
            req::method(),
            req::body_field("name"),
            shown(http::get(&echo, None)),
            shown(http::head(&echo, None)),
            shown(http::options(&echo, None)),
            shown(http::post(&echo, Some(util::str_to_vec("body")), None)),
            shown(http::put(&echo, None, None)),
            shown(http::patch(&echo, None, None)),
            shown(http::delete(&echo, None)),
            shown(http::get(&format!("http://{}/status/404", world), None)),
            shown(graphql::query(&format!("http://{}/graphql", world), "{a}")),
            shown(cache::get("sdk-0-15")),
            shown(cache::get("nothing")),
            util::to_string(file::get_static("hello.txt").unwrap_or_default()),
            format!("{:?}", file::get_static("nothing.txt")),
            format!("{} {:?} {}", written, req::state("made"), req::header("x-made")),
            req::query_param("q"),
        ];
        resp::content_type("text/plain");
        log::error("from 0.15");
        Ok(util::to_vec(lines.join("\n") + "\n"))
    }
}
