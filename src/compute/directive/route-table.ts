/**
 * HTTP routes of a Directive: method and path → handler (`directive.md §6.1`).
 *
 * One tree of characters per method. Patterns that could both match a path are refused when they are added, so a lookup
 * walks the path once and never goes back.
 */
import { cleanPath, encodePath, parseRequestTarget } from './request-target.ts';
import { parsePattern } from './route-pattern.ts';

interface Node<T> {
  readonly next: Map<string, Node<T>>;
  param: { readonly name: string; readonly node: Node<T> } | undefined;
  rest: { readonly name: string; readonly pattern: string; readonly value: T } | undefined;
  end: { readonly pattern: string; readonly value: T } | undefined;
}

/** Path that a gateway answers itself (`constellation.md` §7). */
export const HEALTH_PATH = '/health';

/** What the table says about one request. Everything but `match` is answered by the gateway itself. */
export type RouteDecision<T> =
  | { readonly kind: 'match'; readonly value: T; readonly params: ReadonlyMap<string, string> }
  | { readonly kind: 'redirect'; readonly status: 301 | 308; readonly location: string }
  | { readonly kind: 'options'; readonly allow: string }
  | { readonly kind: 'method-not-allowed'; readonly allow: string }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'bad-target' };

/** Routes by method and pattern. Fill it, then only look up; to change routes, build another one and swap. */
export class RouteTable<T> {
  readonly #roots = new Map<string, Node<T>>();

  /** Adds a route. Returns `undefined`, or why the pattern is not valid or conflicts with one that is there. */
  add(method: string, pattern: string, value: T): string | undefined {
    const pieces = parsePattern(pattern);
    if (typeof pieces === 'string') return pieces;
    const conflict = (): string => `path '${pattern}' conflicts with '${this.#anyPattern(node)}'`;
    let node = this.#roots.get(method) ?? emptyNode<T>();
    this.#roots.set(method, node);
    // A conflict can only arise at a node that was there before, so nothing is half added when one is found.
    for (const piece of pieces) {
      if (piece.kind === 'literal') {
        if (node.param !== undefined || (piece.text === '/' && node.rest !== undefined)) return conflict();
        const child = node.next.get(piece.text) ?? emptyNode<T>();
        node.next.set(piece.text, child);
        node = child;
      } else if (piece.kind === 'param') {
        if (node.next.size > 0 || node.rest !== undefined) return conflict();
        if (node.param !== undefined && node.param.name !== piece.name) return conflict();
        node.param ??= { name: piece.name, node: emptyNode<T>() };
        node = node.param.node;
      } else {
        if (node.next.has('/') || node.param !== undefined || node.rest !== undefined) return conflict();
        node.rest = { name: piece.name, pattern, value };
        return undefined;
      }
    }
    if (node.end !== undefined) return `a handle is already registered for path '${pattern}'`;
    node.end = { pattern, value };
    return undefined;
  }

  /** The decision for a request line; `target` as it was received, one character per byte. */
  find(method: string, target: string): RouteDecision<T> {
    const parsed = parseRequestTarget(target);
    if (parsed === undefined) return { kind: 'bad-target' };
    const { path, query } = parsed;
    const root = this.#roots.get(method);
    if (root !== undefined && path !== '*') {
      const match = lookup(root, path);
      if (match !== undefined) return { kind: 'match', value: match.value, params: match.params };
      const corrected = path === '/' || method === 'CONNECT' ? undefined : correct(root, path);
      // A path that begins with two slashes would send the client to another host.
      if (corrected !== undefined && !corrected.startsWith('//')) {
        const location = encodePath(corrected) + query;
        return { kind: 'redirect', status: method === 'GET' ? 301 : 308, location };
      }
    }
    const allow = this.#allowed(path, method);
    if (allow === undefined) return { kind: 'not-found' };
    return { kind: method === 'OPTIONS' ? 'options' : 'method-not-allowed', allow };
  }

  /** The `Allow` value for `path`: methods other than `except` that match it, and OPTIONS. */
  #allowed(path: string, except: string): string | undefined {
    const methods = new Set<string>();
    for (const [method, root] of this.#roots) {
      if (method !== except && (path === '*' || lookup(root, path) !== undefined)) methods.add(method);
    }
    return methods.size === 0 ? undefined : [...methods.add('OPTIONS')].sort().join(', ');
  }

  #anyPattern(node: Node<T>): string {
    const below = node.end ?? node.rest;
    if (below !== undefined) return below.pattern;
    const child = node.param?.node ?? node.next.values().next().value;
    return child === undefined ? '' : this.#anyPattern(child);
  }
}

function emptyNode<T>(): Node<T> {
  return { next: new Map(), param: undefined, rest: undefined, end: undefined };
}

const NO_PARAMS: ReadonlyMap<string, string> = new Map();

function lookup<T>(root: Node<T>, path: string): { value: T; params: ReadonlyMap<string, string> } | undefined {
  let params: Map<string, string> | undefined;
  let node = root;
  let i = 0;
  while (i < path.length) {
    if (node.param !== undefined) {
      const end = segmentEnd(path, i);
      if (end === i) return undefined;
      (params ??= new Map()).set(node.param.name, path.slice(i, end));
      node = node.param.node;
      i = end;
      continue;
    }
    const character = path[i] as string;
    if (character === '/' && node.rest !== undefined) {
      (params ??= new Map()).set(node.rest.name, path.slice(i));
      return { value: node.rest.value, params };
    }
    const child = node.next.get(character);
    if (child === undefined) return undefined;
    node = child;
    i++;
  }
  return node.end === undefined ? undefined : { value: node.end.value, params: params ?? NO_PARAMS };
}

/** The registered path that the client probably meant: slash at the end added or removed, then cleaned, then other case. */
function correct<T>(root: Node<T>, path: string): string | undefined {
  const toggled = toggleSlash(path);
  if (toggled !== '' && lookup(root, toggled) !== undefined) return toggled;
  const cleaned = cleanPath(path);
  return lookupAnyCase(root, cleaned) ?? lookupAnyCase(root, toggleSlash(cleaned));
}

function toggleSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
}

/** `path` in the case of the route that it matches when case is ignored; values of parameters keep theirs. */
function lookupAnyCase<T>(root: Node<T>, path: string): string | undefined {
  // Each node of the tree is visited at most once: the way to it fixes how much of the path is used up.
  const open = [{ node: root, at: 0, spelt: '' }];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const { node, at, spelt } = state;
    if (at === path.length) {
      if (node.end !== undefined) return spelt;
      continue;
    }
    if (node.param !== undefined) {
      const end = segmentEnd(path, at);
      if (end > at) open.push({ node: node.param.node, at: end, spelt: spelt + path.slice(at, end) });
      continue;
    }
    const character = path[at] as string;
    if (character === '/' && node.rest !== undefined) return spelt + path.slice(at);
    for (const [text, child] of node.next) {
      if (text.toLowerCase() === character.toLowerCase()) open.push({ node: child, at: at + 1, spelt: spelt + text });
    }
  }
  return undefined;
}

function segmentEnd(path: string, start: number): number {
  const slash = path.indexOf('/', start);
  return slash < 0 ? path.length : slash;
}
