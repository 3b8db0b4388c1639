/** The outcome of a call as it can be read from an HTTP response. */
import type { FailureCode } from '../../src/compute/sandbox/index.ts';
import type { Case, Outcome, Unit } from './case.ts';
import { requestOf, type Seen } from './host.ts';

/** Sends the request of a case to `url` and reads the answer. */
export async function callOverHttp(url: string, unit: Unit, given: Case, index: number): Promise<Seen> {
  const { method, path, headers, body } = requestOf(unit, given, index);
  const response = await fetch(url + path, { method, headers, body: new Uint8Array(body), redirect: 'manual' });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { outcome: outcomeOf(response.status, bytes), headers: new Map(response.headers) };
}

/** Errors keep their code only where it is a status that has a body; the others become 500. */
function outcomeOf(status: number, body: Uint8Array): Outcome {
  if (status === 204) return { output: undefined };
  if (status === 200) return { output: body };
  const { message, code } = JSON.parse(new TextDecoder().decode(body)) as { message: string; code?: string };
  if (code === undefined) return { error: [status, message] };
  return { failure: code.replace(/^FUNCTION_/, '') as FailureCode };
}
