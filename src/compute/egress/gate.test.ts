import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../kernel/index.ts';
import { parseIp } from '../../kernel/ip/index.ts';
import { createGate } from './gate.ts';
import { intersectRules, type NetworkRule, type NetworkRules, PUBLIC_RULE, rulesKey, STRICT_RULE } from './rules.ts';
import { parseTarget } from './target.ts';
import { tableOf } from '../../../test/support/capability-tables.ts';

const PERMISSIVE: NetworkRule = { ...PUBLIC_RULE, allowPrivate: true };

/** The world of the truth table: what each name stands for. */
function resolve(host: string): { addresses: string[]; aliases: string[] } {
  if (parseIp(host) !== undefined) return { addresses: [host], aliases: [] };
  if (host === 'local.suborbital.network') return { addresses: ['10.0.0.7'], aliases: [] };
  if (host === 'localhost') return { addresses: ['127.0.0.1', '::1'], aliases: [] };
  return { addresses: ['93.184.215.14'], aliases: host === 'test.suborbital.dev' ? ['suborbital.network'] : [] };
}

/** Both gates for one URL, as client and dialer apply them. */
function allows(rules: NetworkRules, url: string): boolean {
  const gate = createGate(rules);
  const target = parseTarget(url);
  if (target === undefined || !gate.checkTarget(target).allowed) return false;
  const { addresses, aliases } = resolve(target.host);
  return (
    (!gate.wantsAliases || aliases.every((alias) => gate.checkAlias(alias).allowed)) &&
    addresses.every((address) => gate.checkAddress(parseIp(address)!).allowed)
  );
}

test('the truth table holds for both matchers', () => {
  const rows = tableOf('3.3', 'Rules');
  assert.equal(rows.length, 17);
  for (const [rules, urls, expected] of rows) {
    for (const matcher of ['anchored', 'suborbital'] as const) {
      const rule: NetworkRule = { ...PERMISSIVE, ...(JSON.parse(rules!) as Partial<NetworkRule>), matcher };
      for (const url of urls!.split(', '))
        assert.equal(allows([rule], url) ? 'yes' : 'no', expected, `${matcher} ${rules} ${url}`);
    }
  }
});

test('an empty URL and other schemes never leave', () => {
  for (const url of [
    '',
    'ftp://example.com',
    'ws://example.com',
    'javascript:alert(1)',
    'gopher://example.com:70',
    'file://example.com/x',
  ]) {
    assert.equal(allows([PERMISSIVE], url), false, url);
  }
});

test('no rules allow nothing', () => {
  const gate = createGate([]);
  assert.equal(gate.checkTarget(parseTarget('https://example.com')!).allowed, false);
  assert.equal(gate.checkAddress(parseIp('8.8.8.8')!).allowed, false);
});

test('a refusal carries the text of the reference for the guest and the reason for the log', () => {
  const refusals: readonly (readonly [Partial<NetworkRule>, string, string])[] = [
    [{}, 'ftp://example.com', 'requests to this scheme are disallowed'],
    [{ allowHTTP: false }, 'http://example.com', 'requests to insecure HTTP endpoints is disallowed'],
    [{ blockedPorts: [443] }, 'https://example.com', 'requests to this port are disallowed'],
    [{ allowIPs: false }, 'https://8.8.8.8', 'requests to IP addresses are disallowed'],
    [{ allowedDomains: ['a.com'] }, 'https://b.com', 'requests to this domain are disallowed'],
    [{ blockedDomains: ['b.com'] }, 'https://b.com', 'requests to this domain are disallowed'],
    [{}, 'http://metadata.google.internal', 'requests to this domain are disallowed'],
  ];
  for (const [change, url, text] of refusals) {
    const verdict = createGate([{ ...PERMISSIVE, ...change }]).checkTarget(parseTarget(url)!);
    assert.ok(!verdict.allowed, url);
    assert.equal(verdict.message, `failed to requestIsAllowed: ${text}`);
    assert.notEqual(verdict.detail, '');
  }
  const verdict = createGate([PUBLIC_RULE]).checkAddress(parseIp('64:ff9b::a00:1')!);
  assert.ok(!verdict.allowed);
  assert.equal(verdict.message, 'failed to requestIsAllowed: requests to private IP address ranges are disallowed');
  assert.equal(verdict.detail, 'private address 10.0.0.1 inside 64:ff9b::a00:1');
});

test('public rules open no special address, however it is wrapped', () => {
  const gate = createGate([PUBLIC_RULE]);
  for (const text of [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.100.100.200',
    '168.63.129.16',
    '0.0.0.0',
    '192.0.0.8',
    '198.18.0.1',
    '192.0.2.1',
    '240.0.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
    '::ffff:10.0.0.1',
    '::10.0.0.1',
    '::ffff:0:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::8.8.8.8',
    '2002:a00:1::',
    '2001::1',
    '2001:4860:4860::5efe:10.0.0.1',
    '2001:4860:4860::200:5efe:169.254.169.254',
  ]) {
    assert.equal(gate.checkAddress(parseIp(text)!).allowed, false, text);
  }
  for (const text of [
    '8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2606:4700::1111',
    '2001:4860:4860::5efe:8.8.8.8',
    '::ffff:8.8.8.8',
  ]) {
    assert.equal(gate.checkAddress(parseIp(text)!).allowed, true, text);
  }
});

test('allowPrivate opens private space, not metadata and not the rest', () => {
  const gate = createGate([PERMISSIVE]);
  for (const text of [
    '127.0.0.1',
    '10.0.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '169.254.1.1',
    '::1',
    'fd00::1',
    'fe80::1',
    '64:ff9b::10.0.0.1',
  ]) {
    assert.equal(gate.checkAddress(parseIp(text)!).allowed, true, text);
  }
  for (const text of [
    '169.254.169.254',
    'fd00:ec2::254',
    '100.100.100.200',
    '::ffff:169.254.169.254',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '2002:7f00:1::',
    '198.18.0.1',
  ]) {
    assert.equal(gate.checkAddress(parseIp(text)!).allowed, false, text);
  }
});

test('a network opens what it contains; metadata opens by itself only; a blocked network stays closed', () => {
  const open = (change: Partial<NetworkRule>, address: string): boolean =>
    createGate([{ ...STRICT_RULE, ...change }]).checkAddress(parseIp(address)!).allowed;
  assert.equal(open({ allowedNetworks: ['10.1.0.0/16'] }, '10.1.2.3'), true);
  assert.equal(open({ allowedNetworks: ['10.1.0.0/16'] }, '10.2.2.3'), false);
  assert.equal(open({ allowedNetworks: ['10.1.0.0/16'] }, '::ffff:10.1.2.3'), true);
  assert.equal(open({ allowedNetworks: ['2002::/16'] }, '2002:a00:1::'), false);
  assert.equal(open({ allowedNetworks: ['2002::/16', '10.0.0.0/8'] }, '2002:a00:1::'), true);
  assert.equal(
    open({ allowedNetworks: ['0.0.0.0/0', '169.254.0.0/16'], allowPrivate: true }, '169.254.169.254'),
    false,
  );
  assert.equal(open({ allowedNetworks: ['169.254.169.254/32'] }, '169.254.169.254'), true);
  assert.equal(open({ blockedNetworks: ['8.8.8.0/24'] }, '8.8.8.8'), false);
  assert.equal(
    open({ blockedNetworks: ['10.0.0.0/8'], allowedNetworks: ['10.0.0.1'], allowPrivate: true }, '10.0.0.1'),
    false,
  );
});

test('a metadata name needs its own entry in the allow list', () => {
  const check = (change: Partial<NetworkRule>): boolean =>
    createGate([{ ...PERMISSIVE, ...change }]).checkTarget(parseTarget('http://Metadata.Google.Internal./')!).allowed;
  assert.equal(check({}), false);
  assert.equal(check({ allowedDomains: ['*'] }), false);
  assert.equal(check({ allowedDomains: ['metadata.google.internal'] }), true);
});

test('the block list wins over the allow list, but for the reference’s matcher', () => {
  const change = { allowedDomains: ['*.example.com'], blockedDomains: ['secret.example.com'] };
  const url = parseTarget('https://secret.example.com')!;
  assert.equal(createGate([{ ...PERMISSIVE, ...change }]).checkTarget(url).allowed, false);
  const compat = createGate([{ ...PERMISSIVE, ...change, matcher: 'suborbital' }]);
  assert.equal(compat.checkTarget(url).allowed, true);
  assert.equal(compat.wantsAliases, false);
});

test('a network that is not CIDR notation is an error, not an open door', () => {
  for (const list of ['allowedNetworks', 'blockedNetworks']) {
    assert.throws(
      () => createGate([{ ...STRICT_RULE, [list]: ['10.0.0.1/8'] }]),
      (error) => hasCode(error, 'EGRESS_BAD_RULES'),
    );
  }
});

const anyRule: fc.Arbitrary<NetworkRule> = fc.record({
  allowHTTP: fc.boolean(),
  allowIPs: fc.boolean(),
  allowPrivate: fc.boolean(),
  allowedDomains: fc.subarray(['example.com', '*.example.com', '*', '10.*.0.1']),
  blockedDomains: fc.subarray(['example.com', '*.example.com', 'suborbital.network']),
  allowedPorts: fc.subarray([8080, 8443]),
  blockedPorts: fc.subarray([80, 8080]),
  allowedNetworks: fc.subarray(['10.0.0.0/8', '127.0.0.0/8', '169.254.169.254/32']),
  blockedNetworks: fc.subarray(['10.1.0.0/16', '93.184.215.0/24']),
  matcher: fc.constantFrom('anchored', 'suborbital'),
});

test('an intersection allows exactly what both sides allow', () => {
  const rules = fc.array(anyRule, { minLength: 0, maxLength: 2 });
  const urls = [
    'http://example.com',
    'https://a.example.com:8443',
    'http://10.0.0.1:8080',
    'https://10.1.0.1',
    'http://localhost',
    'https://test.suborbital.dev',
    'http://169.254.169.254',
  ];
  fc.assert(
    fc.property(rules, rules, fc.constantFrom(...urls), (a, b, url) => {
      assert.equal(allows(intersectRules(a, b), url), allows(a, url) && allows(b, url));
    }),
    { numRuns: 500 },
  );
});

test('equal rules have one key, whatever the order of their members', () => {
  const reordered = Object.fromEntries(Object.entries(PUBLIC_RULE).reverse()) as unknown as NetworkRule;
  assert.equal(rulesKey([reordered]), rulesKey([PUBLIC_RULE]));
  assert.notEqual(rulesKey([PUBLIC_RULE]), rulesKey([STRICT_RULE]));
  assert.equal(intersectRules([PUBLIC_RULE], [reordered, STRICT_RULE]).length, 2);
});
