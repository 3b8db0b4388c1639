/** What `node create --launch-configuration` takes (`commands.md` §8.11). */
import * as v from 'valibot';
import { fromUtf8 } from '../../../kernel/index.ts';
import type { LaunchConfiguration } from '../../../node/home/index.ts';
import { parseIdentifier } from '../../../trust/identity/index.ts';
import { CliError } from '../../errors.ts';
import { readBytes } from '../../arguments/read-file.ts';

/** Ours: characters of the text, and identifiers in it. */
const MAX_LENGTH = 64 * 1024;
const MAX_AUTHORIZED = 256;

const SHAPE = v.strictObject({
  startup_services: v.optional(
    v.nullable(
      v.strictObject({
        secure_channel_listener: v.optional(
          v.nullable(
            v.strictObject({
              address: v.optional(v.pipe(v.string(), v.regex(/^[^/\s]{1,128}$/, 'not the address of a worker')), 'api'),
              authorized_identifiers: v.optional(v.pipe(v.array(v.string()), v.maxLength(MAX_AUTHORIZED))),
              disabled: v.optional(v.boolean(), false),
              identity: v.optional(v.nullable(v.string())),
            }),
          ),
        ),
      }),
    ),
  ),
});

/**
 * The launch configuration in `given`: JSON, or the path of a file with it.
 * @throws {CliError} CLI_CONFIGURATION, CLI_NOT_FOUND · {IdentityError} for an identifier that is none
 */
export async function launchConfigurationIn(given: string): Promise<LaunchConfiguration> {
  const text = /^\s*\{/.test(given) ? given : fromUtf8(await readBytes(given));
  if (text.length > MAX_LENGTH) throw invalid(`it has more than ${MAX_LENGTH} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('it is no JSON', cause);
  }
  const parsed = v.safeParse(SHAPE, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw invalid(`${v.getDotPath(issue) ?? 'its top'}: ${issue.message}`);
  }
  const listener = parsed.output.startup_services?.secure_channel_listener ?? undefined;
  if (listener === undefined || listener.disabled) return {};
  const { address, authorized_identifiers: authorized, identity } = listener;
  return {
    listener: {
      address,
      ...(authorized !== undefined && { authorized: authorized.map(parseIdentifier) }),
      ...(typeof identity === 'string' && { identity }),
    },
  };
}

function invalid(reason: string, cause?: unknown): CliError {
  return new CliError('CLI_CONFIGURATION', `invalid launch configuration: ${reason}`, {
    cause,
    remedy: 'write for example {"startup_services": {"secure_channel_listener": {"address": "api"}}}',
  });
}
