/** Requests to an identity provider whose certificate is known beforehand (`commands.md` §9.9). */
import { request } from 'node:https';
import { quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';

/** How long an answer may take, milliseconds. */
const TIMEOUT_MS = 15_000;
/** What is read of an answer, bytes. */
const MAX_ANSWER_BYTES = 65_536;

/** An identity provider, as `project addon configure okta` and `authority create` describe it. */
export interface ProviderAddress {
  /** `https://` and what the paths of the provider begin with, without a slash at the end. */
  readonly tenantBaseUrl: string;
  /** PEM: the provider's certificate, or that of who signed it. No other is trusted, whatever the machine trusts. */
  readonly certificate: string;
}

/** An answer of the provider. */
export interface ProviderAnswer {
  readonly status: number;
  /** The value of the JSON document; undefined when it is none. */
  readonly json: unknown;
}

/**
 * Asks the provider for `path`; with a form it is a POST. Redirects are not followed.
 * @throws {NodeError} NODE_PROVIDER when there is no whole answer in time; the reason of the signal
 */
export async function askProvider(
  { tenantBaseUrl, certificate }: ProviderAddress,
  path: string,
  {
    form,
    bearer,
    signal,
  }: {
    readonly form?: Readonly<Record<string, string>>;
    readonly bearer?: string;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<ProviderAnswer> {
  const body = form && new URLSearchParams(form).toString();
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await new Promise((resolve, reject) => {
      const asking = request(
        `${tenantBaseUrl}${path}`,
        {
          method: body === undefined ? 'GET' : 'POST',
          ca: certificate,
          // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
          rejectUnauthorized: true,
          agent: false,
          headers: {
            accept: 'application/json',
            ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
            ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
          },
          signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
        },
        (answer) => {
          const chunks: Buffer[] = [];
          let length = 0;
          answer.on('data', (chunk: Buffer) => {
            length += chunk.length;
            if (length > MAX_ANSWER_BYTES) asking.destroy(new Error(`it answered more than ${MAX_ANSWER_BYTES} bytes`));
            else chunks.push(chunk);
          });
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, json: jsonOf(Buffer.concat(chunks).toString('utf8')) }),
          );
        },
      );
      asking.on('error', reject);
      asking.end(body);
    });
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = deadline.aborted ? `there was no answer within ${TIMEOUT_MS} ms` : messageOf(cause);
    throw new NodeError(
      'NODE_PROVIDER',
      `the identity provider at ${quoted(tenantBaseUrl)} cannot be asked: ${reason}`,
      {
        cause,
        remedy: 'check its address, and that the certificate of the project is the one it has now',
      },
    );
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
