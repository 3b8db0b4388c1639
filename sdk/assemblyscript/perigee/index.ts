/**
 * What a function written in AssemblyScript can do: `import { request, cache } from 'perigee'`.
 *
 * Read: request.ts and response.ts, then the capabilities (cache, database, http, files, secrets, log); answer.ts says how a refusal looks.
 * Below them abi.ts (life of a call) and env.ts (host functions). Guide: `docs/functions.md`.
 */
import * as cache from './cache';
import * as database from './database';
import * as files from './files';
import * as http from './http';
import * as json from './json';
import * as log from './log';
import * as request from './request';
import * as response from './response';
import * as secrets from './secrets';

export { cache, database, files, http, json, log, request, response, secrets };
export { fail } from './abi';
export { Answer } from './answer';
