import type { Span, Tracing } from '../../../kernel/index.ts';
import type { PortalEvent } from '../../../network/portal/index.ts';

/**
 * A span for each connection of a portal, from the moment both ends are connected to its end; bounded as the connections are. What was
 * refused has one without length.
 * @param name of its spans: `tcp-inlet connection`.
 */
export function portalTrace(tracing: Tracing | undefined, name: string, portal: string): (event: PortalEvent) => void {
  if (tracing === undefined) return () => undefined;
  const open = new Map<string, Span>();
  // Whatever made the portal, its connections are no part of that.
  const begin = (peer: string | undefined): Span =>
    tracing.begin(name, {
      parent: '',
      attributes: { 'perigee.portal': portal, ...(peer !== undefined && { 'perigee.peer': peer }) },
    });
  return (event) => {
    switch (event.kind) {
      case 'opened':
        open.set(event.connection, begin(event.peer));
        break;
      case 'closed': {
        const span = open.get(event.connection);
        open.delete(event.connection);
        span?.set('perigee.sent_bytes', event.sentBytes);
        span?.set('perigee.received_bytes', event.receivedBytes);
        span?.set('perigee.end', event.reason);
        span?.end(event.reason === 'local-end' || event.reason === 'peer-end' ? undefined : event.reason);
        break;
      }
      case 'refused':
        begin(event.peer).end('refused');
        break;
      default:
    }
  };
}
