/** Applications for tests: a Directive, modules and files, made into a bundle. */
import { type Bundle, readBundle, writeBundle } from '../../compute/bundle/index.ts';
import { utf8 } from '../../kernel/index.ts';

/** What an application consists of. */
export interface ApplicationText {
  readonly version?: string;
  /** Lines of the Directive's `handlers`; by default one route for each function, `/<name>` for GET and POST. */
  readonly handlers?: string;
  /** Further top-level sections. */
  readonly sections?: string;
  /** Modules by function name; a text stands for bytes that only a scripted sandbox can run. */
  readonly functions: Readonly<Record<string, Uint8Array | string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** The bundle of an application `com.example.test`. */
export async function application(text: ApplicationText): Promise<Bundle> {
  const names = Object.keys(text.functions);
  const manifest = [
    'identifier: com.example.test',
    `appVersion: ${text.version ?? 'v1.0.0'}`,
    'atmoVersion: v0.4.8',
    'handlers:',
    text.handlers ?? names.flatMap((name) => [route('GET', `/${name}`, name), route('POST', `/${name}`, name)]).join('\n'),
    text.sections ?? '',
    `runnables: [${names.map((name) => `{ name: ${name}, namespace: default }`).join(', ')}]`,
  ];
  const bytes = await writeBundle({
    kind: 'directive',
    manifest: `${manifest.join('\n')}\n`,
    modules: names.map((name) => {
      const module = text.functions[name] ?? '';
      return { namespace: 'default', name, bytes: typeof module === 'string' ? utf8(module) : module };
    }),
    staticFiles: new Map(Object.entries(text.files ?? {}).map(([name, content]) => [name, utf8(content)])),
  });
  return readBundle(bytes);
}

/** One handler whose steps are `functions`, one after the other. */
export function route(method: string, resource: string, ...functions: readonly string[]): string {
  const steps = functions.map((name) => `      - fn: ${name}`).join('\n');
  return `  - type: request\n    method: ${method}\n    resource: ${resource}\n    steps:\n${steps}`;
}
