/**
 * Node's HTTP server and client, as every part of the program takes them.
 *
 * Specification: none of ours; `hardening.md` §5 has what it saves · layer 2.
 * Invariants: nothing outside of this folder imports values of `node:http`. An import reads every name that the module exports,
 * among them those of WebSockets, for which Node then loads its whole HTTP client of the web: 11 MB in each process.
 * Test: http.test.ts.
 */
import type * as http from 'node:http';

const node: Pick<typeof http, 'createServer' | 'request'> = process.getBuiltinModule('node:http');

/** As in `node:http`, where its types are imported from. */
export const createServer: typeof http.createServer = node.createServer;

/** As in `node:http`, where its types are imported from. */
export const request: typeof http.request = node.request;
