import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMultiAddr } from '../../../network/routing/index.ts';
import { unreached } from './unreached.ts';

test('what does not answer is named by how far the way was opened', () => {
  const at = (route: string, part: number): string => unreached(parseMultiAddr(route), part) ?? 'nothing';
  const member = '/project/house/service/forward_to_db/secure/api';
  assert.match(at(member, 0), /^the project house does not answer; .*'perigee project show house'/);
  assert.match(at(member, 2), /^nothing answers behind the relay db in the project house: .*--via$/);
  assert.equal(at(member, 3), 'nothing');
  const elsewhere = '/ip4/203.0.113.7/tcp/4000/service/forward_to_db/secure/api';
  assert.match(at(elsewhere, 0), /^\/ip4\/203\.0\.113\.7 does not answer; /);
  assert.match(at(elsewhere, 3), /^nothing answers behind the relay db there: /);
  assert.match(at('/ip4/203.0.113.7/tcp/4000/secure/api', 2), /^\/secure\/api does not answer; /);
  // A worker of that name without a channel behind it is only a hop.
  assert.match(at('/project/house/service/other/secure/api', 2), /^\/secure\/api does not answer; /);
  assert.equal(at('/secure/api', 1), 'nothing');
});
