import { CodedError } from '../../kernel/index.ts';

/** What a process in the background tells the one that started it. */
export type ChildReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly causes: readonly ReportedError[] };

/** An error on its way between processes. */
export interface ReportedError {
  readonly message: string;
  readonly code?: string | undefined;
  readonly remedy?: string | undefined;
}

/**
 * Tells the parent that everything is up.
 * @param tied keep the connection, and end this process, as by SIGTERM, when the parent is gone; otherwise nothing ties it.
 */
export function reportReady(tied: boolean): Promise<void> {
  if (tied) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  return report({ kind: 'ready' }, tied);
}

/** Tells the parent why this process ends. */
export function reportFailure(error: unknown): Promise<void> {
  const causes: ReportedError[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 8; cause = cause.cause) {
    const { code, remedy } = cause instanceof CodedError ? cause : {};
    causes.push({ message: cause.message, code, remedy });
  }
  return report({ kind: 'failed', causes }, false);
}

/** Lets go of the parent, whose connection would keep this process alive. */
export function leaveParent(): void {
  process.removeAllListeners('disconnect');
  if (process.connected) process.disconnect?.();
}

/** A parent that is gone needs no report. */
function report(message: ChildReport, tied: boolean): Promise<void> {
  const send = process.send?.bind(process);
  if (send === undefined || !process.connected) return Promise.resolve();
  return new Promise((resolve) => {
    const sent = (): void => {
      if (!tied) leaveParent();
      resolve();
    };
    send(message, sent);
  });
}
