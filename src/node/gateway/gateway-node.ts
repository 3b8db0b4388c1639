import { type Bundle, readBundle } from '../../compute/bundle/index.ts';
import { allowListedEnvironment, type SecretProvider } from '../../compute/capability/index.ts';
import { Gateway, type GatewayEvent, type GatewayStatus } from '../../constellation/gateway/index.ts';
import { acceptLinks } from '../../constellation/session/index.ts';
import { delay } from '../../kernel/index.ts';
import { listenForChannels } from '../../network/channel/index.ts';
import { keepRelay, type RelayState } from '../../network/relay/index.ts';
import { dialHost, localAddress, parseHostnamePort } from '../../network/routing/index.ts';
import { trustEveryone } from '../../trust/credential/index.ts';
import { parsePolicy } from '../../trust/policy/index.ts';
import type { Core, Membership } from '../core/index.ts';
import { systemClock } from '../system/index.ts';
import { GatewayMetrics, type Metric } from '../metrics/index.ts';
import type { GatewayConfiguration } from './configuration.ts';
import { type RecentRequest, RecentRequests } from './recent-requests.ts';

/** Ours: how long the start waits for the project to know the gateway, milliseconds. */
const REGISTER_MS = 10_000;

/** A gateway to run. */
export interface GatewayNodeOptions {
  readonly core: Core;
  readonly membership: Membership;
  readonly name: string;
  readonly configuration: GatewayConfiguration;
  readonly bundle: Uint8Array;
  /** Where the values of the variables that the configuration names are. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A running gateway. */
export interface GatewayNode {
  /** `http://host:port`. */
  readonly url: string;
  /** Where Sats that dial directly connect to. */
  readonly listenAt: string | undefined;
  /** How it stands at the project's relay. */
  readonly relay: () => RelayState;
  readonly status: () => GatewayStatus;
  readonly metrics: () => readonly Metric[];
  readonly requestsAfter: (number: number) => readonly RecentRequest[];
  /** Serves another bundle; requests that are being served end as they began. @throws {BundleError | GatewayError} */
  readonly deploy: (bytes: Uint8Array) => Promise<Bundle>;
  /** Lets open requests end for up to `deadlineMs`. */
  readonly close: (deadlineMs: number) => Promise<void>;
}

/**
 * Starts a gateway. It is there when this resolves, and known to the project unless that cannot be reached, which is tried again.
 * @throws {BundleError | GatewayError | TransportError}
 */
export async function startGatewayNode(options: GatewayNodeOptions): Promise<GatewayNode> {
  const { core, membership, name, configuration, environment } = options;
  const { channels, router, transport, log } = core;
  const requests = new RecentRequests();
  const metrics = new GatewayMetrics();
  const gateway = new Gateway({
    name,
    clock: systemClock,
    tracing: core.tracing,
    allow: configuration.allow === undefined ? undefined : parsePolicy(configuration.allow),
    environment: allowListedEnvironment(environment, configuration.env),
    secrets: secretsOf(configuration, environment),
    onEvent: (event) => {
      metrics.count(event);
      if (event.kind === 'request') requests.add(event);
      logGateway(core, event);
    },
  });
  const read = (bytes: Uint8Array): Promise<Bundle> =>
    readBundle(bytes, configuration.compat === undefined ? {} : { compat: configuration.compat });
  const closers: (() => unknown)[] = [() => gateway.close(0)];
  try {
    await gateway.deploy(await read(options.bundle));
    const listener = listenForChannels(channels, {
      address: localAddress('api'),
      identity: membership.identity,
      // Who it is decides its credential, before anything is given to it.
      trust: trustEveryone,
      authority: membership.authority,
      credential: membership.credential,
    });
    closers.push(listener.close);
    const { attributes } = channels;
    const { authority } = membership;
    const acceptor = acceptLinks({
      router,
      listener,
      attributes,
      authority,
      clock: systemClock,
      onLink: (link) => gateway.acceptLink(link),
    });
    closers.push(acceptor.close);
    const direct = configuration.listenAt === undefined ? undefined : await transport.listen(configuration.listenAt);
    if (direct !== undefined) router.flows.addConsumer(listener.address, direct.flowControlId);

    let relay: RelayState = { up: false, reason: 'not registered yet' };
    const registered = new AbortController();
    const session = keepRelay(router, {
      name,
      tracing: core.tracing,
      connect: async (signal) => {
        const { channel, closed, close } = await membership.dialProject(signal);
        router.flows.addConsumer(listener.address, channel.flowControlId);
        return { route: [channel.encryptor], closed, close };
      },
      onState: (state) => {
        relay = state;
        registered.abort();
        if (state.up) log.info('registered at the project {project}', { project: membership.project.name });
        else
          log.warn('not registered at the project {project}: {reason}', {
            project: membership.project.name,
            reason: state.reason,
          });
      },
    });
    closers.push(session.close);
    const place = parseHostnamePort(configuration.http);
    const http = await gateway.listen(place.port, dialHost(place));
    await delay(systemClock, REGISTER_MS, registered.signal).catch(() => undefined);
    return {
      url: `http://${http.host.includes(':') ? `[${http.host}]` : http.host}:${http.port}`,
      listenAt: direct?.at,
      relay: () => relay,
      status: () => gateway.status,
      metrics: () => metrics.metrics(gateway.status),
      requestsAfter: (number) => requests.after(number),
      deploy: async (bytes) => {
        const bundle = await read(bytes);
        await gateway.deploy(bundle);
        return bundle;
      },
      close: async (deadlineMs) => {
        await gateway.close(deadlineMs);
        acceptor.close();
        listener.close();
        await session.close();
      },
    };
  } catch (error) {
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

function secretsOf(
  { secretEnv }: GatewayConfiguration,
  environment: Readonly<Record<string, string | undefined>>,
): SecretProvider {
  const known = allowListedEnvironment(environment, secretEnv);
  return { get: (_application, name, signal) => known.get(name, signal) };
}

function logGateway({ log }: Core, event: GatewayEvent): void {
  switch (event.kind) {
    case 'request': {
      const { method, path, status, ms, sat, code, reason, requestId } = event;
      const fields = { method, path, status, ms: Math.round(ms * 10) / 10, sat: sat ?? 'none', requestId };
      // A line for each request is a good part of its cost, so those that went well are for whoever looks closely.
      if (code === undefined) return log.debug('{method} {path} {status} in {ms} ms by {sat} ({requestId})', fields);
      return log.warn('{method} {path} {status} in {ms} ms by {sat} ({requestId}): {code}: {reason}', {
        ...fields,
        code,
        reason,
      });
    }
    case 'sat-joined':
      return log.info('the Sat {sat} joined, instance {instance}, {software}', { ...event });
    case 'sat-refused':
      return log.warn('{peer} is refused as a Sat: {check}: {reason}', { ...event });
    case 'sat-left':
      return log.warn('the Sat {sat} left: {code}: {reason}; {callsLost} call(s) lost', { ...event });
    case 'sat-ready':
      for (const { name, code } of event.unusable) {
        log.warn('the Sat {sat} cannot run {name}: {code}', { sat: event.sat, name, code });
      }
      return log.info('the Sat {sat} is ready for {application} {version}', { ...event });
    case 'call-retried':
      return log.warn('a call of request {requestId} is tried again, the Sat {sat} did not answer it: {reason}', {
        ...event,
      });
    case 'deployed':
    case 'withdrawn':
      return log.info('{application} {version} was {kind}', { ...event });
    case 'function-log':
      return log.info('{function} at {sat} says, {level}: {text}', { ...event });
    case 'capability':
      if (event.untold > 0) {
        log.warn('{untold} lines about capabilities of {function} are left out: it uses them too fast', { ...event });
      }
      return log.info('{function} and {capability} {name}: {outcome}', { ...event });
  }
}
