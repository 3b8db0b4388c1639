/** The request a function sees and changes (`directive.md` §5.1, `runnable-abi.md` §5.1). */

/** The method, addresses and data of one request; all four maps always exist. */
export interface FunctionRequest {
  method: string;
  /** Path and query as the client sent them. */
  url: string;
  /** UUID v4. */
  readonly id: string;
  body: Uint8Array;
  /** Lower-case name → first value. */
  headers: Map<string, string>;
  /** Path parameters; a catch-all value includes its leading slash. */
  params: Map<string, string>;
  /** Outputs of earlier steps, by state key. */
  state: Map<string, Uint8Array>;
  /** Headers of the response so far; the last value of a name wins. */
  responseHeaders: Map<string, string>;
}

/** A request that shares its maps with others, as all do their bytes: they are replaced, never changed in place. */
export interface RequestView {
  method: string;
  url: string;
  readonly id: string;
  body: Uint8Array;
  headers: ReadonlyMap<string, string>;
  params: ReadonlyMap<string, string>;
  state: ReadonlyMap<string, Uint8Array>;
  responseHeaders: ReadonlyMap<string, string>;
}
