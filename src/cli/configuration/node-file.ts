/** What the file of one node says about the node itself, and what is to be made on it (`commands.md` §8.10). Pure. */
import type { LaunchConfiguration, StatedAuthority } from '../../node/home/index.ts';
import { canonicalHostPort } from '../arguments/host-port.ts';
import { port } from '../arguments/values.ts';
import { traceparentIn } from '../options/trace-context.ts';
import { configurationError, invalid, type MapValue, NAMES } from './document.ts';
import { commandsOf, type ConfiguredCommand, refuseOtherKeys, SECTIONS, take } from './sections.ts';

/** What a file or flags say about a node. */
export interface NodeSettings {
  readonly name?: string | undefined;
  readonly ticket?: string | undefined;
  readonly identity?: string | undefined;
  readonly project?: string | undefined;
  readonly tcpListenerAddress?: string | undefined;
  /** 0 for a free one. */
  readonly httpServerPort?: number | undefined;
  readonly foreground?: boolean | undefined;
  readonly exitOnEof?: boolean | undefined;
  readonly skipIsRunningCheck?: boolean | undefined;
  readonly childProcess?: boolean | undefined;
  /** JSON, or the path of a file with it. */
  readonly launchConfig?: string | undefined;
  /** `traceparent` of the trace that making the node is part of. */
  readonly trace?: string | undefined;
  /** Of flags only, as is what follows. */
  readonly authority?: StatedAuthority | undefined;
  readonly launch?: LaunchConfiguration | undefined;
  readonly say?: 'nothing' | undefined;
}

const TEXTS = {
  name: ['name'],
  ticket: ['ticket'],
  identity: ['identity'],
  project: ['project'],
  tcpListenerAddress: ['tcp_listener_address', 'tcp-listener-address'],
  launchConfig: ['launch_config', 'launch-config'],
  trace: ['opentelemetry_context', 'opentelemetry-context'],
} as const;

const SWITCHES = {
  foreground: ['foreground'],
  exitOnEof: ['exit_on_eof', 'exit-on-eof'],
  skipIsRunningCheck: ['skip_is_running_check', 'skip-is-running-check'],
  childProcess: ['child_process', 'child-process'],
} as const;

const HTTP_SERVER = ['http_server', 'http-server', 'enable-http-server'] as const;
const HTTP_SERVER_PORT = ['http_server_port', 'http-server-port'] as const;

/** In the order in which they are made: who may use a thing is said before the thing is there. */
const ON_A_NODE = [SECTIONS.policies, SECTIONS.relays, SECTIONS.inlets, SECTIONS.outlets] as const;

const IN_A_RECIPE = [SECTIONS.relays, SECTIONS.policies, SECTIONS.outlets, SECTIONS.inlets] as const;

/** Keys that say something about the file. The version is 1 whatever it says. */
const ABOUT_THE_FILE = ['version', 'variables'] as const;

/** The settings of the node in a file. @throws {CliError} CLI_CONFIGURATION */
export function nodeSettings(root: MapValue): NodeSettings {
  refuseOtherKeys(root, [
    ...ABOUT_THE_FILE,
    ...HTTP_SERVER,
    ...HTTP_SERVER_PORT,
    ...[...Object.values(TEXTS), ...Object.values(SWITCHES), ...ON_A_NODE.map(({ keys }) => keys)].flat(),
  ]);
  const settings: Record<string, string | boolean | number> = {};
  for (const [field, keys] of Object.entries(TEXTS)) {
    const value = textAt(root, keys);
    if (value !== undefined) settings[field] = value;
  }
  for (const [field, keys] of Object.entries(SWITCHES)) {
    const on = switchAt(root, keys);
    if (on !== undefined) settings[field] = on;
  }
  const httpServerPort = httpServerOf(root);
  if (httpServerPort !== undefined) settings['httpServerPort'] = httpServerPort;
  checked(root, settings, 'tcpListenerAddress', canonicalHostPort, 'is no address to listen at');
  checked(root, settings, 'trace', traceparentIn, 'is no context of a trace');
  return settings;
}

/** Puts what `parse` makes of a text in its place. @throws {CliError} CLI_CONFIGURATION, with the place */
function checked(
  root: MapValue,
  settings: Record<string, string | boolean | number>,
  field: keyof typeof TEXTS,
  parse: (text: string) => string,
  complaint: string,
): void {
  const text = settings[field];
  if (typeof text !== 'string') return;
  try {
    settings[field] = parse(text);
  } catch (cause) {
    const found = take(root, TEXTS[field]);
    throw configurationError(`'${found?.key}' ${complaint}`, found?.value.at ?? root.at, cause);
  }
}

/** What is to be made on the node `node`. @throws {CliError} CLI_CONFIGURATION */
export function nodeCommands(root: MapValue, node: string): ConfiguredCommand[] {
  return commandsOf(root, ON_A_NODE, node);
}

/** The commands of a recipe, in order. @throws {CliError} CLI_CONFIGURATION */
export function recipeCommands(root: MapValue): ConfiguredCommand[] {
  const { vaults, identities, nodes } = SECTIONS;
  refuseOtherKeys(root, [
    ...ABOUT_THE_FILE,
    'ticket',
    ...[vaults, identities, nodes, ...IN_A_RECIPE].flatMap(({ keys }) => [...keys]),
  ]);
  const ticket = textAt(root, TEXTS.ticket);
  const at = root.entries.get('ticket')?.keyAt ?? root.at;
  return [
    ...commandsOf(root, [vaults, identities], undefined),
    ...(ticket === undefined
      ? []
      : [{ section: 'ticket', argv: ['project', 'enroll', '--', ticket], at, options: new Map<string, string>() }]),
    ...commandsOf(root, [nodes, ...IN_A_RECIPE], undefined),
  ];
}

function switchAt(root: MapValue, keys: readonly string[]): boolean | undefined {
  const found = take(root, keys);
  if (found === undefined) return undefined;
  if (found.value.kind === 'switch') return found.value.on;
  throw invalid(`'${found.key}' is ${NAMES[found.value.kind]}, not true or false`, found.value.at);
}

/** Port of the HTTP server; 0 for a free one; undefined for none. */
function httpServerOf(root: MapValue): number | undefined {
  const on = switchAt(root, HTTP_SERVER);
  const found = take(root, HTTP_SERVER_PORT);
  if (found === undefined) return on === true ? 0 : undefined;
  const { key, value } = found;
  if (value.kind !== 'integer' && value.kind !== 'text')
    throw invalid(`'${key}' is ${NAMES[value.kind]}, not a port`, value.at);
  try {
    return port(value.text);
  } catch (cause) {
    throw configurationError(`'${key}' is no port`, value.at, cause);
  }
}

function textAt(root: MapValue, keys: readonly string[]): string | undefined {
  const found = take(root, keys);
  if (found === undefined) return undefined;
  const { key, value } = found;
  if ((value.kind === 'text' || value.kind === 'integer') && value.text !== '') return value.text;
  throw invalid(`'${key}' is ${value.kind === 'text' ? 'empty' : NAMES[value.kind]}, not a text`, value.at);
}
