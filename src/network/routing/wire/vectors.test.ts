import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { BareReader, BareWriter, decodeBareString, encodeBareString } from '../../../kernel/bare/index.ts';
import { CborReader, CborWriter } from '../../../kernel/cbor/index.ts';
import { fromHex, toHex } from '../../../kernel/index.ts';
import {
  formatAddress,
  parseAddress,
  readAddress,
  readBareAddress,
  writeAddress,
  writeBareAddress,
} from './address.ts';
import { decodeFlowControlId, encodeFlowControlId } from './flow-control-id.ts';
import { decodeHostnamePort, encodeHostnamePort, formatHostnamePort, parseHostnamePort } from './hostname-port.ts';
import {
  decodeMultiAddr,
  encodeMultiAddr,
  formatMultiAddr,
  parseMultiAddr,
  readMultiAddr,
  writeMultiAddr,
} from './multi-addr.ts';
import { decodeBareRoute, decodeRoute, encodeBareRoute, encodeRoute, formatRoute, parseRoute } from './route.ts';
import {
  type BareMessageVersion,
  decodeBareTransportMessage,
  encodeBareTransportMessage,
} from './transport-message.ts';

interface Form {
  readonly encode: (text: string) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => string;
}

function cbor(write: (writer: CborWriter) => void): Uint8Array {
  const writer = new CborWriter();
  write(writer);
  return writer.finish();
}

/** A message without payload, its text both routes with a bar between them. */
function bareMessage(version: BareMessageVersion): Form {
  return {
    encode: (text) => {
      const [onward = '', back = ''] = text.split(' \\| ');
      return encodeBareTransportMessage(
        { onward: parseRoute(onward), return: parseRoute(back), payload: new Uint8Array(0) },
        version,
      );
    },
    decode: (bytes) => {
      const { onward, return: back, payload, tracing } = decodeBareTransportMessage(bytes);
      assert.equal(payload.length, 0);
      assert.equal(tracing, undefined);
      return `${formatRoute(onward)} \\| ${formatRoute(back)}`;
    },
  };
}

const forms: Readonly<Record<string, Form>> = {
  'CBOR address': {
    encode: (text) => cbor((writer) => writeAddress(writer, parseAddress(text))),
    decode: (bytes) => formatAddress(readAddress(new CborReader(bytes))),
  },
  'BARE address': {
    encode: (text) => {
      const writer = new BareWriter();
      writeBareAddress(writer, parseAddress(text));
      return writer.finish();
    },
    decode: (bytes) => formatAddress(readBareAddress(new BareReader(bytes))),
  },
  'CBOR route': { encode: (text) => encodeRoute(parseRoute(text)), decode: (bytes) => formatRoute(decodeRoute(bytes)) },
  'BARE route': {
    encode: (text) => encodeBareRoute(parseRoute(text)),
    decode: (bytes) => formatRoute(decodeBareRoute(bytes)),
  },
  'BARE message 2': bareMessage(2),
  'BARE message 1': bareMessage(1),
  'BARE string': { encode: encodeBareString, decode: decodeBareString },
  'flow control identifier': {
    encode: (text) => encodeFlowControlId(text as ReturnType<typeof decodeFlowControlId>),
    decode: decodeFlowControlId,
  },
  'host and port': {
    encode: (text) => encodeHostnamePort(parseHostnamePort(text)),
    decode: (bytes) => formatHostnamePort(decodeHostnamePort(bytes)),
  },
  MultiAddr: {
    encode: (text) => encodeMultiAddr(parseMultiAddr(text)),
    decode: (bytes) => formatMultiAddr(decodeMultiAddr(bytes)),
  },
  'CBOR MultiAddr': {
    encode: (text) => cbor((writer) => writeMultiAddr(writer, parseMultiAddr(text))),
    decode: (bytes) => formatMultiAddr(readMultiAddr(new CborReader(bytes))),
  },
};

const document = readFileSync(path.join(import.meta.dirname, '../../../../docs/protocol/routing.md'), 'utf8');
const section = document.slice(document.indexOf('## 15 '), document.indexOf('## 16 '));
const rows = [...section.matchAll(/^\| (.+?) \| `(.+?)` \| `([0-9a-f]+)` \|$/gm)];

test('the specification has vectors of every form', () => {
  assert.deepEqual(new Set(rows.map(([, form]) => form)), new Set(Object.keys(forms)));
  assert.equal(rows.length, 17);
});

for (const [, form = '', text = '', hex = ''] of rows) {
  test(`routing.md §15: ${form} ${text}`, () => {
    const { encode, decode } = forms[form]!;
    assert.equal(toHex(encode(text)), hex);
    assert.equal(decode(fromHex(hex)), text);
  });
}
