/** Settings that are written down or taken from the environment (`capabilities.md` §1.2). */

/** A text, or the name of the environment variable that holds it. */
export type Setting = { readonly text: string } | { readonly env: string };

/** Where `env(NAME)` is looked up. The gateway's; a Sat asks the gateway. */
export interface EnvironmentProvider {
  /** The value of `name`; `undefined` when it is not set or not on the allow list. */
  readonly get: (name: string, signal: AbortSignal) => Promise<string | undefined>;
}

const REFERENCE = /^env\(([A-Za-z_][A-Za-z\d_]*)\)$/;

/** The setting that `text` writes; only a whole value is a reference, `x-env(A)` is a text. */
export function parseSetting(text: string): Setting {
  const name = REFERENCE.exec(text)?.[1];
  return name === undefined ? { text } : { env: name };
}

/** The value of `setting`; a variable that is missing or not allowed is an empty text. */
export async function resolveSetting(
  setting: Setting,
  environment: EnvironmentProvider | undefined,
  signal: AbortSignal,
): Promise<string> {
  if ('text' in setting) return setting.text;
  return (await environment?.get(setting.env, signal)) ?? '';
}

/**
 * An environment made of `variables`, of which only the names in `allowed` exist.
 * Deviation: the reference lets a project file read every variable of the host's process.
 */
export function allowListedEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  allowed: readonly string[],
): EnvironmentProvider {
  const values = new Map(
    allowed.filter((name) => Object.hasOwn(variables, name)).map((name) => [name, variables[name]]),
  );
  return { get: (name) => Promise.resolve(values.get(name)) };
}
