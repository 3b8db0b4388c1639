/** What stands below the help of every command. */
export const GLOBAL_OPTIONS = `
Global Options:
  -h, --help            Print help
  -V, --version         Print version
  -q, --quiet           Print nothing but results and fatal errors
  -v, --verbose         Log to the console; repeat for more
      --no-color        Do not use colors
      --no-input        Never ask
      --output <FORMAT> plain or json
      --compact-output  JSON on one line`;
