/** Steps of a handler, schedule or workflow (`directive.md §2.3`, §4). */
import { quoted } from '../../kernel/index.ts';
import type { Position } from './errors.ts';
import { asInteger, Fields } from './fields.ts';
import type { FunctionName } from './function-name.ts';
import type { Alias, ErrorAction, FunctionCall, OnErr, Sequence, Step } from './model.ts';
import type { Report } from './report.ts';
import type { Rules } from './version.ts';
import type { Tree } from './yaml-tree.ts';

const MAX_STEPS = 256;
const MAX_GROUP = 64;
const MAX_ALIASES = 256;
const CALL_KEYS = ['as', 'with', 'onErr'];
const STEP_KEYS = [...CALL_KEYS, 'group', 'forEach'];
const ACTIONS: ReadonlySet<string> = new Set<ErrorAction>(['return', 'continue']);

/** Whose steps are read, and how their functions are found. */
export interface StepsScope {
  readonly report: Report;
  readonly rules: Rules;
  /** The word that findings use. */
  readonly kind: 'handler' | 'schedule' | 'workflow';
  readonly name: string;
  /** The key of a step that names its function. */
  readonly functionKey: 'fn' | 'fqmn';
  /** The function that `reference` means; an unknown one is reported by the reader of steps, not here. */
  readonly resolve: (reference: string) => FunctionName | undefined;
  /** The key of `state` that `written` means when it is none itself. */
  readonly stateKey: (written: string, state: ReadonlySet<string>) => string | undefined;
}

/** Reads `steps` and checks `response`; `initialKeys` are the state keys that exist before the first step. */
export function readSequence(scope: StepsScope, fields: Fields, initialKeys: Iterable<string> = []): Sequence {
  const { report, kind, name } = scope;
  const stateKeys = new Set(initialKeys);
  const steps: Step[] = [];
  const items = fields.list('steps', MAX_STEPS);
  if (items.length === 0) {
    const subject = kind === 'handler' ? `handler for resource ${fields.text('resource') ?? ''}` : `${kind} ${name}`;
    report.error('DIRECTIVE_STEPS_MISSING', fields.placeOf('steps'), `${subject} missing steps`);
  }
  for (const [index, item] of items.entries()) {
    const step = readStep(scope, item, index, stateKeys);
    if (step === undefined) continue;
    steps.push(step);
    // Only now: members of one group cannot refer to each other.
    for (const call of step.kind === 'group' ? step.calls : [step.call]) stateKeys.add(call.key);
  }
  const response = fields.text('response') || undefined;
  if (response === undefined) {
    if (steps.length === items.length && steps.at(-1)?.kind === 'group') {
      const text = `${kind} for ${name} has group as last step but does not include 'response' field`;
      report.error('DIRECTIVE_RESPONSE', fields.at, text);
    }
  } else if (!stateKeys.has(response) && steps.length === items.length) {
    const text = `${kind} for ${name} lists response state key that does not exist: ${response}`;
    report.error('DIRECTIVE_RESPONSE', fields.placeOf('response'), text);
  }
  return { steps: Object.freeze(steps), response };
}

function readStep(scope: StepsScope, tree: Tree, index: number, state: ReadonlySet<string>): Step | undefined {
  const { report, functionKey } = scope;
  const fields = Fields.of(report, unwrapped(tree), `step ${index}`, [functionKey, ...STEP_KEYS]);
  if (fields === undefined) return undefined;
  if (fields.has('forEach')) {
    const text = `step at position ${index} for ${scope.kind} ${scope.name} is a 'forEach', which was removed in v0.4.0`;
    report.error('DIRECTIVE_FOR_EACH', fields.placeOf('forEach'), text);
    return undefined;
  }
  const members = fields.list('group', MAX_GROUP);
  const isFunction = Boolean(fields.text(functionKey));
  if (isFunction === members.length > 0) {
    const text = `step at position ${index} for ${scope.kind} ${scope.name} isn't an Fn or Group`;
    report.error('DIRECTIVE_STEP', fields.at, text);
    return undefined;
  }
  if (isFunction) {
    const call = readCall(scope, fields, index, state);
    return call === undefined ? undefined : Object.freeze({ kind: 'function', call });
  }
  // A `with` on the group is what its members get that have none of their own.
  const groupWith = readWith(scope, fields, index, state);
  const calls: FunctionCall[] = [];
  for (const member of members) {
    const call = readMember(scope, member, index, state);
    if (call === undefined) return undefined;
    calls.push(call.with === undefined ? Object.freeze({ ...call, with: groupWith }) : call);
  }
  return Object.freeze({ kind: 'group', calls: Object.freeze(calls), onErr: readOnErr(scope, fields, index) });
}

/** A step of an older tenant file keeps its function under `executableMod`. */
function unwrapped(tree: Tree): Tree {
  const inner = tree.kind === 'mapping' ? tree.entries.get('executableMod') : undefined;
  if (tree.kind !== 'mapping' || inner?.value.kind !== 'mapping') return tree;
  const entries = new Map([...inner.value.entries, ...tree.entries]);
  entries.delete('executableMod');
  return { ...tree, entries };
}

function readMember(
  scope: StepsScope,
  tree: Tree,
  index: number,
  state: ReadonlySet<string>,
): FunctionCall | undefined {
  const { report, functionKey, rules } = scope;
  // A plain reference: old Directives, and the newest tenant files.
  if (tree.kind === 'scalar' && (rules.plainGroupMembers || functionKey === 'fqmn')) {
    return makeCall(scope, tree.text, tree.at, index, { key: tree.text, with: undefined, onErr: undefined });
  }
  const fields = Fields.of(report, tree, `a member of the group at step ${index}`, [functionKey, ...CALL_KEYS]);
  return fields === undefined ? undefined : readCall(scope, fields, index, state);
}

function readCall(
  scope: StepsScope,
  fields: Fields,
  index: number,
  state: ReadonlySet<string>,
): FunctionCall | undefined {
  const reference = fields.text(scope.functionKey);
  if (!reference) {
    const text = `step at position ${index} for ${scope.kind} ${scope.name} isn't an Fn or Group`;
    scope.report.error('DIRECTIVE_STEP', fields.at, text);
    return undefined;
  }
  return makeCall(scope, reference, fields.placeOf(scope.functionKey), index, {
    key: fields.text('as') || reference,
    with: readWith(scope, fields, index, state),
    onErr: readOnErr(scope, fields, index),
  });
}

function makeCall(
  scope: StepsScope,
  reference: string,
  at: Position,
  index: number,
  rest: Pick<FunctionCall, 'key' | 'with' | 'onErr'>,
): FunctionCall | undefined {
  const target = scope.resolve(reference);
  if (target === undefined) {
    const subject = `${scope.kind} for ${scope.name} lists ${scope.functionKey === 'fn' ? 'fn' : 'mod'} at step ${index}`;
    const text = `${subject} that does not exist: ${reference} (did you forget a namespace?)`;
    scope.report.error('DIRECTIVE_FUNCTION_UNKNOWN', at, text);
    // The model is not handed out after an error; a stand-in lets the checks of later steps see this step's key.
    return {
      fn: reference,
      target: { identifier: '', namespace: '', name: reference, version: '' },
      ...rest,
      place: '',
    };
  }
  const place = `${scope.report.file}:${at.line}:${at.column}`;
  return Object.freeze({ fn: reference, target, ...rest, place });
}

function readWith(
  scope: StepsScope,
  fields: Fields,
  index: number,
  state: ReadonlySet<string>,
): readonly Alias[] | undefined {
  const tree = fields.tree('with');
  if (tree === undefined) return undefined;
  const { report } = scope;
  const aliases: Alias[] = [];
  for (const { alias, key, at } of tree.kind === 'list'
    ? listedAliases(scope, tree.items, tree.at)
    : mappedAliases(fields)) {
    if (key === undefined || alias === '' || key === '') {
      report.error('DIRECTIVE_WITH', at, `'with' at step ${index} must name a state key for each alias`);
      continue;
    }
    const present = state.has(key) ? key : scope.stateKey(key, state);
    if (present === undefined) {
      const text = `${scope.kind} for ${scope.name} has 'with' value at step ${index} referencing a key that is not yet available in the handler's state: ${key}`;
      report.error('DIRECTIVE_WITH', at, text);
    }
    aliases.push(Object.freeze({ alias, key: present ?? key }));
  }
  if (aliases.length > MAX_ALIASES) {
    report.error('DIRECTIVE_TOO_LARGE', tree.at, `'with' has more than ${MAX_ALIASES} entries`);
  }
  return aliases.length === 0 ? undefined : Object.freeze(aliases);
}

interface WrittenAlias {
  readonly alias: string;
  readonly key: string | undefined;
  readonly at: Position;
}

function mappedAliases(fields: Fields): readonly WrittenAlias[] {
  return [...(fields.mapping('with')?.entries ?? [])].map(([alias, { value }]) => ({
    alias,
    key: value.kind === 'scalar' ? value.text : undefined,
    at: value.at,
  }));
}

function listedAliases(scope: StepsScope, items: readonly Tree[], at: Position): readonly WrittenAlias[] {
  if (!scope.rules.withList) {
    scope.report.error(
      'DIRECTIVE_WITH',
      at,
      "'with' must map each alias to a state key; the list form ended with v0.1",
    );
    return [];
  }
  return items.map((item) => {
    const colon = item.kind === 'scalar' ? item.text.indexOf(':') : -1;
    if (item.kind !== 'scalar' || colon < 0) return { alias: '', key: undefined, at: item.at };
    return { alias: item.text.slice(0, colon).trim(), key: item.text.slice(colon + 1).trim(), at: item.at };
  });
}

function readOnErr(scope: StepsScope, fields: Fields, index: number): OnErr | undefined {
  const tree = fields.tree('onErr');
  const onErr = tree && Fields.of(scope.report, tree, `'onErr' at step ${index}`, ['code', 'any', 'other']);
  if (onErr === undefined) return undefined;
  const has = `${scope.kind} for ${scope.name} has`;
  const complain = (at: Position, text: string): void => scope.report.error('DIRECTIVE_ON_ERR', at, `${has} ${text}`);

  const codes: { readonly code: number; readonly action: ErrorAction }[] = [];
  for (const [written, { keyAt, value }] of onErr.mapping('code')?.entries ?? []) {
    const code = asInteger({ kind: 'scalar', text: written, plain: true, at: keyAt });
    const word = value.kind === 'scalar' ? value.text : '';
    if (code === undefined)
      complain(keyAt, `'onErr.code' value at step ${index} with a code that is no number: ${quoted(written)}`);
    else if (isAction(word)) codes.push(Object.freeze({ code, action: word }));
    else
      complain(
        value.at,
        `'onErr.code' value at step ${index} with an invalid error directive for code ${code}: ${word}`,
      );
  }
  const wordOf = (key: 'any' | 'other'): ErrorAction | undefined => {
    const word = onErr.text(key) || undefined;
    if (word === undefined || isAction(word)) return word;
    complain(onErr.placeOf(key), `'onErr.any' value at step ${index} with an invalid error directive: ${word}`);
    return undefined;
  };
  const any = wordOf('any');
  const other = wordOf('other');
  if (any !== undefined && onErr.has('code')) {
    complain(
      onErr.placeOf('any'),
      `'onErr.any' value at step ${index} while specific codes are specified, use 'other' instead`,
    );
  }
  if (other !== undefined && !onErr.has('code')) {
    const text = `'onErr.other' value at step ${index} while specific codes are not specified, use 'any' instead`;
    complain(onErr.placeOf('other'), text);
  }
  return Object.freeze({ codes: Object.freeze(codes), other, any });
}

function isAction(word: string): word is ErrorAction {
  return ACTIONS.has(word);
}
