/** A collector that takes traces and logs by OTLP over gRPC, as `opentelemetry-proto` 1.x has it, and keeps what it gets. */
import { createRequire } from 'node:module';

/** One span as it came. */
export interface ReceivedSpan {
  readonly service: string;
  readonly instance: string | undefined;
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentId: string;
  /** 0 unset, 2 error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** One log record as it came. */
export interface ReceivedRecord {
  readonly service: string;
  readonly instance: string | undefined;
  readonly severity: number;
  readonly body: unknown;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What a collector does with an export: answers, refuses it, or leaves it without an answer. */
export type CollectorManner = 'answer' | 'refuse' | 'hang';

/** A collector that listens on this machine. */
export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  readonly records: ReceivedRecord[];
  /** Header values of every export, by name. */
  readonly headers: Readonly<Record<string, unknown>>[];
  /** Exports that came, also those without an answer. */
  readonly exports: () => number;
  /** What `find` gives for all that has come so far, at once or after an export that brings it; rejects after a minute. */
  readonly gets: <T>(find: () => T | undefined, what: string) => Promise<T>;
}

interface GrpcCall {
  readonly request: Uint8Array;
  readonly metadata: { readonly getMap: () => Record<string, unknown> };
}
type GrpcAnswer = (error: { code: number; details: string } | null, response?: Uint8Array) => void;
interface GrpcServer {
  readonly addService: (definition: unknown, handlers: unknown) => void;
  readonly bindAsync: (at: string, credentials: unknown, done: (error: Error | null, port: number) => void) => void;
  readonly forceShutdown: () => void;
}
interface Grpc {
  readonly Server: new () => GrpcServer;
  readonly ServerCredentials: { readonly createInsecure: () => unknown };
}

const EXPORTER = '@opentelemetry/exporter-trace-otlp-grpc';
const BASE = '@opentelemetry/otlp-grpc-exporter-base';
/** Longer than machines that run tests are busy. */
const WAIT_MS = 60_000;
/** gRPC's UNAUTHENTICATED. */
const UNAUTHENTICATED = 16;

/** Starts a collector on a free port. */
export async function startCollector(manner: CollectorManner = 'answer'): Promise<Collector> {
  const base = createRequire(createRequire(import.meta.url).resolve(EXPORTER)).resolve(BASE);
  const { Server, ServerCredentials } = createRequire(base)('@grpc/grpc-js') as Grpc;
  const server = new Server();
  const spans: ReceivedSpan[] = [];
  const records: ReceivedRecord[] = [];
  const headers: Record<string, unknown>[] = [];
  const watching = new Set<() => void>();
  let count = 0;
  const serve = (path: string, keep: (body: Uint8Array) => void): void => {
    const bytes = (value: Uint8Array): Uint8Array => value;
    const method = { path, requestStream: false, responseStream: false };
    const codec = {
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    };
    server.addService(
      { Export: { ...method, ...codec } },
      {
        Export: ({ request, metadata }: GrpcCall, answer: GrpcAnswer) => {
          count++;
          if (manner === 'hang') return;
          if (manner === 'refuse') return answer({ code: UNAUTHENTICATED, details: 'who are you' });
          headers.push(metadata.getMap());
          keep(request);
          for (const look of watching) look();
          answer(null, Buffer.alloc(0));
        },
      },
    );
  };
  serve('/opentelemetry.proto.collector.trace.v1.TraceService/Export', (body) => spans.push(...spansOf(body)));
  serve('/opentelemetry.proto.collector.logs.v1.LogsService/Export', (body) => records.push(...recordsOf(body)));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, taken) =>
      error === null ? resolve(taken) : reject(error),
    );
  });
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    records,
    headers,
    exports: () => count,
    gets: (find, what) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(late);
          watching.delete(look);
        };
        const late = setTimeout(() => {
          end();
          reject(new Error(`not exported within ${WAIT_MS} ms: ${what}`));
        }, WAIT_MS);
        const look = (): void => {
          const found = find();
          if (found === undefined) return;
          end();
          resolve(found);
        };
        watching.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
}

function spansOf(body: Uint8Array): ReceivedSpan[] {
  return inScopes(body, (who, span) => ({
    ...who,
    name: textOf(span, 5),
    kind: Number(numberOf(span, 6)),
    traceId: hexOf(span, 1),
    spanId: hexOf(span, 2),
    parentId: hexOf(span, 4),
    status: Number(numberOf(messageOf(span, 15), 3)),
    attributes: attributesOf(span, 9),
  }));
}

function recordsOf(body: Uint8Array): ReceivedRecord[] {
  return inScopes(body, (who, record) => ({
    ...who,
    severity: Number(numberOf(record, 2)),
    body: valueOf(messageOf(record, 5)),
    traceId: hexOf(record, 9),
    spanId: hexOf(record, 10),
    attributes: attributesOf(record, 6),
  }));
}

type Fields = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;
type Who = Pick<ReceivedSpan, 'service' | 'instance'>;

/** Both requests are built alike: resources, in them scopes, in them the items. */
function inScopes<T>(body: Uint8Array, item: (who: Who, fields: Fields) => T): T[] {
  return all(fieldsOf(body), 1).flatMap((ofResource) => {
    const attributes = attributesOf(messageOf(ofResource, 1), 1);
    const instance = attributes['service.instance.id'] as string | undefined;
    const who = { service: String(attributes['service.name']), instance };
    return all(ofResource, 2).flatMap((ofScope) => all(ofScope, 2).map((fields) => item(who, fields)));
  });
}

function all(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map((value) => fieldsOf(value as Uint8Array));
}

function messageOf(fields: Fields, number: number): Fields {
  return fieldsOf((fields.get(number)?.[0] ?? new Uint8Array(0)) as Uint8Array);
}

function bytesOf(fields: Fields, number: number): Buffer {
  return Buffer.from((fields.get(number)?.[0] ?? new Uint8Array(0)) as Uint8Array);
}

function textOf(fields: Fields, number: number): string {
  return bytesOf(fields, number).toString();
}

function hexOf(fields: Fields, number: number): string {
  return bytesOf(fields, number).toString('hex');
}

function numberOf(fields: Fields, number: number): bigint {
  return (fields.get(number)?.[0] ?? 0n) as bigint;
}

function attributesOf(fields: Fields, number: number): Record<string, unknown> {
  return Object.fromEntries(all(fields, number).map((pair) => [textOf(pair, 1), valueOf(messageOf(pair, 2))]));
}

/** AnyValue: text, truth, whole number, number. */
function valueOf(fields: Fields): unknown {
  if (fields.has(1)) return textOf(fields, 1);
  if (fields.has(2)) return numberOf(fields, 2) === 1n;
  if (fields.has(3)) return Number(BigInt.asIntN(64, numberOf(fields, 3)));
  if (!fields.has(4)) return undefined;
  const double = new DataView(new ArrayBuffer(8));
  double.setBigUint64(0, numberOf(fields, 4));
  return double.getFloat64(0);
}

/** The fields of a protobuf message, each with its values in their order. */
function fieldsOf(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const read = (wire: number): bigint | Uint8Array => {
    switch (wire) {
      case 0:
        return varint();
      case 1:
        at += 8;
        return view.getBigUint64(at - 8, true);
      case 5:
        at += 4;
        return BigInt(view.getUint32(at - 4, true));
      case 2: {
        const length = Number(varint());
        if (at + length > bytes.length) throw new RangeError('a field goes beyond its message');
        at += length;
        return bytes.subarray(at - length, at);
      }
      default:
        throw new RangeError(`there is no wire type ${wire}`);
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const values = fields.get(tag >> 3) ?? [];
    values.push(read(tag & 7));
    fields.set(tag >> 3, values);
  }
  return fields;
}
