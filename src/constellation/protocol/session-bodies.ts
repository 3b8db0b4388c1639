import { BareReader, BareWriter } from '../../kernel/bare/index.ts';
import { quoted } from '../../kernel/index.ts';
import { malformed } from './errors.ts';
import { readList, readStrings, writeStrings } from './fields.ts';

/** Ours: what a Sat may announce. */
const MAX_LABELS = 64;
const MAX_CACHED_DIGESTS = 4096;
export const MAX_FUNCTIONS = 4096;
/** Ours: bytes of DEPLOY. */
export const MAX_DEPLOY_BYTES: number = 16 * 1024 * 1024;
const MAX_LIMITS = 64;

/** A Sat offers itself (`constellation.md` §4.1). */
export interface Offer {
  readonly version: number;
  /** 16 random bytes of this run of the Sat; a second offer of the same instance takes the place of the first. */
  readonly instance: Uint8Array;
  /** Calls the Sat runs at the same time. */
  readonly concurrency: number;
  readonly software: string;
  readonly labels: ReadonlyMap<string, string>;
  /** SHA-256 of the owner's ceiling, so that Sats under one ceiling can be told from others; 32 bytes. */
  readonly ceiling: Uint8Array;
  /** SHA-256 of the modules the Sat holds already. */
  readonly cached: readonly Uint8Array[];
  /** What the owner does not allow at all, {@link DECLINED} added up: a gateway keeps its secrets for that to itself. */
  readonly declined: number;
}

/** Specification (`constellation.md` §4.1): what a Sat may decline. */
export const DECLINED = { databases: 1, headers: 2 } as const;

export function encodeOffer(offer: Offer): Uint8Array {
  const writer = new BareWriter(256)
    .u8(offer.version)
    .raw(offer.instance)
    .u32(offer.concurrency)
    .string(offer.software);
  writeStrings(writer, offer.labels);
  writer.raw(offer.ceiling).uint(offer.cached.length);
  for (const digest of offer.cached) writer.raw(digest);
  if (offer.declined !== 0) writer.u8(offer.declined);
  return writer.finish();
}

/** @throws {BareError | ProtocolError} */
export function decodeOffer(body: Uint8Array): Offer {
  const reader = new BareReader(body);
  return {
    version: reader.u8(),
    instance: reader.raw(16),
    concurrency: reader.u32(),
    software: reader.string(),
    labels: readStrings(reader, MAX_LABELS),
    ceiling: reader.raw(32),
    cached: readList(reader, MAX_CACHED_DIGESTS, () => reader.raw(32)),
    declined: reader.remaining > 0 ? reader.u8() : 0,
  };
}

/** The gateway takes the Sat in (§4.2). */
export interface Welcome {
  readonly version: number;
  /** Each side sends something at least this often, in milliseconds. */
  readonly heartbeatMs: number;
  /** A side that has been silent for so long is gone, in milliseconds. */
  readonly deadAfterMs: number;
}

export function encodeWelcome(welcome: Welcome): Uint8Array {
  return new BareWriter(16).u8(welcome.version).u32(welcome.heartbeatMs).u32(welcome.deadAfterMs).finish();
}

/** @throws {BareError} */
export function decodeWelcome(body: Uint8Array): Welcome {
  const reader = new BareReader(body);
  return { version: reader.u8(), heartbeatMs: reader.u32(), deadAfterMs: reader.u32() };
}

/** Why a session ends, as far as the other side is told (§4.3). */
export const BYE = { done: 0, refused: 1, protocol: 2, replaced: 3 } as const;
export type ByeCode = (typeof BYE)[keyof typeof BYE];

export function encodeBye(code: ByeCode): Uint8Array {
  return Uint8Array.of(code);
}

/** The code, or `refused` for one that is not known. @throws {BareError} */
export function decodeBye(body: Uint8Array): ByeCode {
  const code = new BareReader(body).u8();
  return Object.values(BYE).find((known) => known === code) ?? BYE.refused;
}

/** A function of a deployment; its place in the list is its number in calls. */
export interface DeployedFunction {
  /** Full name, for logs. */
  readonly name: string;
  /** SHA-256 of the module. */
  readonly digest: Uint8Array;
  /** Length of the module in bytes. */
  readonly size: number;
  /** What the Directive grants, as JSON (`capabilities.md`). */
  readonly grants: string;
  /** Milliseconds of running in the guest and bytes of output for one call; 0: as the Sat thinks fit. */
  readonly cpuMs: number;
  readonly outputBytes: number;
  /** What the function's description allows at most, by the names of the sandbox; whole numbers from 1 on. */
  readonly limits: ReadonlyMap<string, number>;
}

/** The functions of an application that a Sat is to run (§5.1). */
export interface Deploy {
  readonly application: string;
  readonly version: string;
  readonly functions: readonly DeployedFunction[];
}

export function encodeDeploy(deploy: Deploy): Uint8Array {
  const writer = new BareWriter(1024).string(deploy.application).string(deploy.version).uint(deploy.functions.length);
  for (const { name, digest, size, grants, cpuMs, outputBytes } of deploy.functions) {
    writer.string(name).raw(digest).u32(size).string(grants).u32(cpuMs).u32(outputBytes);
  }
  // Behind everything else, and only when there are any: who does not know them ignores them.
  if (deploy.functions.some(({ limits }) => limits.size > 0)) {
    for (const { limits } of deploy.functions) writeLimits(writer, limits);
  }
  return writer.finish();
}

/** @throws {BareError | ProtocolError} */
export function decodeDeploy(body: Uint8Array): Deploy {
  const reader = new BareReader(body);
  const application = reader.string();
  const version = reader.string();
  const functions = readList(reader, MAX_FUNCTIONS, () => ({
    name: reader.string(),
    digest: reader.raw(32),
    size: reader.u32(),
    grants: reader.string(),
    cpuMs: reader.u32(),
    outputBytes: reader.u32(),
  }));
  const hasLimits = reader.remaining > 0;
  return {
    application,
    version,
    functions: functions.map((deployed) => ({ ...deployed, limits: hasLimits ? readLimits(reader) : new Map() })),
  };
}

function writeLimits(writer: BareWriter, limits: ReadonlyMap<string, number>): void {
  writer.uint(limits.size);
  for (const [name, value] of limits) writer.string(name).uint(value);
}

function readLimits(reader: BareReader): ReadonlyMap<string, number> {
  const limits = readList(reader, MAX_LIMITS, (): [string, number] => [reader.string(), reader.uint()]);
  for (const [name, value] of limits) if (value < 1) throw malformed(`the limit ${quoted(name)} is ${value}`);
  return new Map(limits);
}

/** What became of a deployment at a Sat, a text for each function: empty when it is ready, else an error code (§5.3). */
export function encodeDeployed(codes: readonly string[]): Uint8Array {
  const writer = new BareWriter(64).uint(codes.length);
  for (const code of codes) writer.string(code);
  return writer.finish();
}

/** @throws {BareError | ProtocolError} */
export function decodeDeployed(body: Uint8Array): readonly string[] {
  const reader = new BareReader(body);
  return readList(reader, MAX_FUNCTIONS, () => reader.string());
}

/** A Sat asks for a module by its SHA-256 (§5.2); the frame's id names the transfer. */
export function encodeNeed(digest: Uint8Array): Uint8Array {
  return new BareWriter(32).raw(digest).finish();
}

/** @throws {BareError} */
export function decodeNeed(body: Uint8Array): Uint8Array {
  return new BareReader(body).raw(32);
}
