// The host's function; the file's name is the name of the module it is imported from.
export declare function return_result(pointer: usize, length: i32, ident: i32): void;
