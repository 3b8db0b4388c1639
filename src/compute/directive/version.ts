/** Semantic versions with a leading `v`, and what changed with which version of the server (`directive.md §1`). */

const SEMVER =
  /^v(0|[1-9]\d{0,8})(?:\.(0|[1-9]\d{0,8})(?:\.(0|[1-9]\d{0,8})(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?)?)?$/;
const MAX_LENGTH = 128;

/** Major, minor and patch number; a pre-release counts as its release. */
export type VersionNumbers = readonly [major: number, minor: number, patch: number];

/** The numbers of `text` (`v1`, `v1.2` and `v1.2.3-beta+build` are valid), or `undefined` when it is not a version. */
export function parseVersion(text: string): VersionNumbers | undefined {
  const match = text.length > MAX_LENGTH ? null : SEMVER.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
}

/** How a Directive is read and run; the newest behaviour unless its `atmoVersion` asks for an older one. */
export interface Rules {
  /** Members of a group may be plain function references: up to 0.0.2. */
  readonly plainGroupMembers: boolean;
  /** The application's version may stand under `version`: up to 0.0.5. */
  readonly versionKey: boolean;
  /** `with` may be a list of `alias: key` texts: up to 0.1. */
  readonly withList: boolean;
  /** References are `namespace#fn`: up to 0.2.2. */
  readonly hashNamespace: boolean;
  /** `with` adds aliases to the state instead of replacing it, and steps share one request: from 0.4.3 on. */
  readonly sharedRequest: boolean;
}

/** The rules of the server version `numbers`; the newest when it is not known. */
export function rulesOf(numbers: VersionNumbers | undefined): Rules {
  const upTo = (...bound: VersionNumbers): boolean => numbers !== undefined && isAtMost(numbers, bound);
  return Object.freeze({
    plainGroupMembers: upTo(0, 0, 2),
    versionKey: upTo(0, 0, 5),
    withList: upTo(0, 1, Infinity),
    hashNamespace: upTo(0, 2, 2),
    sharedRequest: !upTo(0, 4, 2),
  });
}

function isAtMost(a: VersionNumbers, b: VersionNumbers): boolean {
  for (const i of [0, 1, 2] as const) if (a[i] !== b[i]) return a[i] < b[i];
  return true;
}
