import type { Logger } from '@logtape/logtape';
import type { PortalEvent } from '../../../network/portal/index.ts';

/** What happens at a portal in words; what was refused, with its reason, is a warning. */
export function logPortal(log: Logger, portal: string, event: PortalEvent): void {
  switch (event.kind) {
    case 'up':
      return log.info('{portal} has a way to the outlet', { portal });
    case 'down':
      return log.warn('{portal} has no way to the outlet: {reason}', { portal, reason: event.reason });
    case 'opened':
      return log.debug('{portal}: the connection {connection} with {peer} is open', { portal, ...event });
    case 'closed':
      return log.debug('{portal}: the connection {connection} with {peer} is over, {reason}', { portal, ...event });
    case 'refused':
      return log.warn('{portal} refused a connection of {peer}: {reason}', { portal, ...event });
    case 'message-refused':
      return log.warn('{portal}: a message of the connection {connection} was refused: {reason}', { portal, ...event });
  }
}
