import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { concat, fromHex, toHex } from '../../../kernel/index.ts';
import {
  decodeTransportMessage,
  encodeTransportMessage,
  formatRoute,
  localMessage,
  parseRoute,
  type Route,
} from '../../routing/index.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';

const document = readFileSync(path.join(import.meta.dirname, '../../../../docs/protocol/tcp-transport.md'), 'utf8');
const section = document.slice(document.indexOf('## 6 '), document.indexOf('## 7 '));
const rows = [...section.matchAll(/^\| (.*?)\| (.*?)\| (.*?)\| (\d+) \| `([0-9a-f]+)` \|$/gm)].map((row) =>
  row.slice(1).map((cell) => cell.trim().replaceAll('`', '')),
);
const routeOf = (text: string): Route => (text === '' ? [] : parseRoute(text));

test('the specification has six vectors', () => {
  assert.equal(rows.length, 6);
});

for (const [onward = '', back = '', tracing = '', size = '', hex = ''] of rows) {
  test(`tcp-transport.md §6: ${onward} from ${back} ${tracing}`, () => {
    const reader = new FrameReader();
    reader.feed(concat(Uint8Array.of(1), fromHex(hex)));
    const frame = reader.next();
    assert.ok(frame);
    const message = decodeTransportMessage(frame);
    assert.equal(formatRoute(message.onward), onward);
    assert.equal(formatRoute(message.return), back);
    assert.equal(message.payload.length, Number(size));
    assert.equal(message.tracing ?? '', tracing);
    assert.equal(reader.next(), undefined);

    assert.equal(toHex(encodeTransportMessage(message)), hex.slice(8));
    if (tracing !== '') return;
    const writer = new FrameWriter();
    writer.frame(localMessage(routeOf(onward), routeOf(back), message.payload));
    assert.equal(toHex(concat(...writer.take().pieces)), hex);
  });
}
