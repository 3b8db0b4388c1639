//! The reduced interface of the last host: a plugin, registered by `init` of the derive macro.
use suborbital::{http, log, plugin, req, resp, util};

#[derive(suborbital::Plugin)]
struct Guest {}

impl plugin::Plugin for Guest {
    fn run(&self, input: Vec<u8>) -> Result<Vec<u8>, plugin::RunErr> {
        if input == b"fail" {
            return Err(plugin::RunErr::new(409, "as asked"));
        }
        let echo = format!("http://{}/echo", req::header("x-world"));
        let page = match http::put(&echo, Some(util::str_to_vec("body")), None) {
            Ok(bytes) => util::to_string(bytes),
            Err(error) => format!("failed: {}", error.message),
        };
        let refused = match http::get("http://blocked.example/", None) {
            Ok(_) => String::from("sent"),
            Err(error) => error.message,
        };
        // In this SDK a new body is a member named so.
        let written = req::set_body("new").is_ok();
        let lines = vec![
            util::to_string(input),
            req::method(),
            page,
            refused,
            format!("{} {}", written, req::body_field("body")),
        ];
        resp::set_header("X-Out", "from 0.16");
        log::info("from 0.16");
        Ok(util::to_vec(lines.join("\n") + "\n"))
    }
}
